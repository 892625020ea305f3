namespace Hyperlight;

/// <summary>The end of a guest that does all its work in its initialisation.</summary>
/// <param name="Code">0 if the guest halted, otherwise the code with which it aborted, 0 to 255.</param>
/// <param name="Message">The text with which the guest aborted, unchanged; empty if the guest halted or sent no text.</param>
public readonly record struct GuestExit(int Code, string Message);
