namespace Hyperlight.Compiling;

/// <summary>A message of a compiler or linker.</summary>
/// <param name="Severity">How serious the message is.</param>
/// <param name="File">The path of the file as the compiler writes it; <c>null</c> if the message names no file.</param>
/// <param name="Line">The number of the line, from 1; 0 if the line is not known.</param>
/// <param name="Column">The number of the column, from 1; 0 if the column is not known.</param>
/// <param name="Text">The text of the compiler, one line.</param>
internal sealed record CompilerMessage(MessageSeverity Severity, string? File, int Line, int Column, string Text)
{
    /// <summary>Gets the code of the compiler, letters and digits; <c>null</c> if the message has none.</summary>
    public string? Code { get; init; }
}
