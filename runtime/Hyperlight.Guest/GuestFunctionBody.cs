namespace Hyperlight.Guest;

/// <summary>A function that the host can call.</summary>
/// <param name="arguments">The arguments. They are valid until the function returns.</param>
/// <returns>The result.</returns>
public delegate GuestResult GuestFunctionBody(GuestArguments arguments);
