namespace Hyperlight.Functions;

/// <summary>Converts the arguments of a guest, runs a function of the host with them, and converts the result.</summary>
/// <param name="arguments">The arguments, of the number and types of the function.</param>
/// <param name="stop">The signal that the call was stopped.</param>
/// <returns>The result for the guest.</returns>
internal delegate GuestValue HostFunctionBody(ReadOnlySpan<GuestValue> arguments, StopSignal stop);
