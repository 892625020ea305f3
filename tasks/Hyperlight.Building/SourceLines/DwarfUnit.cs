namespace Hyperlight.SourceLines;

/// <summary>A unit of debug information.</summary>
/// <param name="Offset">The offset of the unit in its section, by which other sections refer to the unit.</param>
/// <param name="Content">The unit without its length.</param>
/// <param name="Is64">Whether offsets have 64 bits.</param>
internal readonly record struct DwarfUnit(int Offset, ReadOnlyMemory<byte> Content, bool Is64);
