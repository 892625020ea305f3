namespace Hyperlight;

/// <summary>A record that a guest logged. All texts come from the guest and are untrusted.</summary>
/// <param name="Level">The level that the guest chose.</param>
/// <param name="Message">The text, cut to <see cref="SandboxOptions.MaxLogTextLength"/> as are the other texts.</param>
/// <param name="Source">The module of the guest that logged the record.</param>
/// <param name="Caller">The guest's log target or function.</param>
/// <param name="SourceFile">The source file of the guest.</param>
/// <param name="Line">The line in the source file, from 1.</param>
public sealed record GuestLogRecord(GuestLogLevel Level, string Message, string Source, string Caller, string SourceFile, uint Line);
