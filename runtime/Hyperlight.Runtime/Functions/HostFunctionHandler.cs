namespace Hyperlight;

/// <summary>A host function whose types are known at run time only.</summary>
/// <param name="arguments">The arguments, with the number and types of the added function. They are valid during the call only.</param>
/// <returns>The result, of the type of the added function.</returns>
public delegate GuestValue HostFunctionHandler(ReadOnlySpan<GuestValue> arguments);
