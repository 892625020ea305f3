using System.Collections.Immutable;

namespace Hyperlight.Snapshots;

/// <summary>The types of a host function, without the function.</summary>
/// <param name="Parameters">The types of the parameters, each <c>null</c> if any type is allowed.</param>
/// <param name="ReturnType">The type of the result, or <c>null</c> if any type is allowed.</param>
internal sealed record HostFunctionSignature(ImmutableArray<GuestValueKind?> Parameters, GuestValueKind? ReturnType)
{
    /// <summary>Says whether a guest that was told another signature can call a function with this signature.</summary>
    public bool Serves(HostFunctionSignature other) =>
        (ReturnType is null || ReturnType == other.ReturnType)
        && Parameters.Length == other.Parameters.Length
        && Parameters.Zip(other.Parameters).All(pair => pair.First is null || pair.First == pair.Second);

    /// <inheritdoc/>
    public override string ToString() => $"({string.Join(", ", Parameters.Select(Name))}) -> {Name(ReturnType)}";

    private static string Name(GuestValueKind? kind) => kind?.ToString() ?? "any";
}
