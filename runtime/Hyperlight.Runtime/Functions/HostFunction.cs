using System.Runtime.InteropServices;
using Hyperlight.Functions;
using Hyperlight.Snapshots;

namespace Hyperlight;

/// <summary>A function of the host.</summary>
/// <param name="Parameters">The types of the arguments that the guest passes, each <c>null</c> if any type is allowed.</param>
/// <param name="ReturnType">The type of the result, or <c>null</c> if any type is allowed.</param>
/// <param name="Body">The function, called with arguments of these types.</param>
/// <param name="ReturnsTask">Whether the function returns a task.</param>
internal sealed record HostFunction(
    GuestValueKind?[] Parameters, GuestValueKind? ReturnType, HostFunctionBody Body, bool ReturnsTask = false)
{
    /// <summary>Gets the types without the function.</summary>
    public HostFunctionSignature Signature { get; } = new(ImmutableCollectionsMarshal.AsImmutableArray(Parameters), ReturnType);
}
