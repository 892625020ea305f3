namespace Hyperlight;

/// <summary>Serves a call by the guest.</summary>
/// <param name="arguments">The arguments, of the number and types the function was added with. They are valid only during the call.</param>
/// <returns>The result, of the type the function was added with.</returns>
public delegate GuestValue HostFunctionHandler(ReadOnlySpan<GuestValue> arguments);
