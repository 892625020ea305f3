namespace Hyperlight.Functions;

/// <summary>Converts the arguments of a guest and runs a function of the host that has no result.</summary>
/// <inheritdoc cref="HostFunctionBody"/>
internal delegate void HostActionBody(ReadOnlySpan<GuestValue> arguments, StopSignal stop);
