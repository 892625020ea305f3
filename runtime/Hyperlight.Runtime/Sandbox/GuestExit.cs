namespace Hyperlight;

/// <summary>How a guest that runs once came to its end.</summary>
/// <param name="Code">0 when it halted, otherwise the code it gave up with, 0 to 255.</param>
/// <param name="Message">The guest's own words, as they are; empty when it has none.</param>
public readonly record struct GuestExit(int Code, string Message);
