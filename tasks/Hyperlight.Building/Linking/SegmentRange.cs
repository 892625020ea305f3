namespace Hyperlight.Linking;

/// <summary>The place of a segment.</summary>
/// <param name="Start">The address, and the offset in the file.</param>
/// <param name="FileSize">The size of what the file has of the segment.</param>
/// <param name="MemorySize">The size in memory.</param>
internal readonly record struct SegmentRange(ulong Start, ulong FileSize, ulong MemorySize);
