namespace Hyperlight;

/// <summary>A function of the host.</summary>
/// <param name="Parameters">The types of its parameters, null where any will do.</param>
/// <param name="ReturnType">The type of its result, null where any will do.</param>
/// <param name="Handler">The function, given arguments of these types.</param>
internal sealed record HostFunction(GuestValueKind?[] Parameters, GuestValueKind? ReturnType, HostFunctionHandler Handler);
