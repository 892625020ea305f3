namespace Hyperlight.SourceLines;

/// <summary>A row of a line table: the code from an address on belongs to a line.</summary>
/// <param name="Address">The linked address.</param>
/// <param name="File">The index of the file among the files that were read.</param>
/// <param name="Line">The number of the line; 0 if the code belongs to no line.</param>
internal readonly record struct LineRow(ulong Address, int File, int Line);
