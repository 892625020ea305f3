namespace Hyperlight.Symbols;

/// <summary>The start of the code of a line. The code reaches to the next address in the list.</summary>
/// <param name="Address">The address of the first byte.</param>
/// <param name="File">The path of the source file; <c>null</c> if no line is known for the code.</param>
/// <param name="Line">The number of the line, from 1; 0 if no line is known.</param>
internal readonly record struct MapLine(ulong Address, string? File, int Line);
