using System.Collections.Immutable;

namespace Hyperlight.Snapshots;

/// <summary>The types of a host function, without the function.</summary>
/// <param name="Parameters">The types of its parameters, null where any will do.</param>
/// <param name="ReturnType">The type of its result, null where any will do.</param>
internal sealed record HostFunctionSignature(ImmutableArray<GuestValueKind?> Parameters, GuestValueKind? ReturnType)
{
    public HostFunctionSignature(HostFunction function)
        : this([.. function.Parameters], function.ReturnType)
    {
    }

    /// <summary>Whether a guest that knows the other one can call this one.</summary>
    public bool Serves(HostFunctionSignature other) =>
        (ReturnType is null || ReturnType == other.ReturnType)
        && Parameters.Length == other.Parameters.Length
        && Parameters.Zip(other.Parameters).All(pair => pair.First is null || pair.First == pair.Second);

    /// <inheritdoc/>
    public override string ToString() => $"({string.Join(", ", Parameters.Select(Name))}) -> {Name(ReturnType)}";

    private static string Name(GuestValueKind? kind) => kind?.ToString() ?? "any";
}
