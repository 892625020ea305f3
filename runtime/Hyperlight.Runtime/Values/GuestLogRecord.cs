namespace Hyperlight;

/// <summary>One record a guest logged. All texts come from the guest: do not trust them.</summary>
/// <param name="Level">How important the guest found it.</param>
/// <param name="Message">The text, cut to <see cref="SandboxOptions.MaxLogTextLength"/> like the others.</param>
/// <param name="Source">The module it comes from.</param>
/// <param name="Caller">The guest's log target or function.</param>
/// <param name="SourceFile">The source file.</param>
/// <param name="Line">The line in the source file.</param>
public sealed record GuestLogRecord(GuestLogLevel Level, string Message, string Source, string Caller, string SourceFile, uint Line);
