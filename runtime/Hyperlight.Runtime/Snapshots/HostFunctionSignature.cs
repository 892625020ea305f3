using System.Collections.Immutable;

namespace Hyperlight.Snapshots;

/// <summary>The types of a host function, without the function.</summary>
/// <param name="Parameters">The types of the parameters, each <c>null</c> if any type is allowed.</param>
/// <param name="ReturnType">The type of the result, or <c>null</c> if any type is allowed.</param>
internal sealed record HostFunctionSignature(ImmutableArray<GuestValueKind?> Parameters, GuestValueKind? ReturnType)
{
    /// <summary>Says whether a guest that was told another signature can call a function with this signature.</summary>
    public bool Serves(HostFunctionSignature other)
    {
        bool serves = (ReturnType is null || ReturnType == other.ReturnType) && Parameters.Length == other.Parameters.Length;
        for (int i = 0; serves && i < Parameters.Length; i++)
        {
            serves = Parameters[i] is null || Parameters[i] == other.Parameters[i];
        }

        return serves;
    }

    /// <inheritdoc/>
    public override string ToString() => $"({string.Join(", ", Parameters.Select(Name))}) -> {Name(ReturnType)}";

    private static string Name(GuestValueKind? kind) => kind?.ToString() ?? "any";
}
