using System.Collections.Immutable;

namespace Hyperlight.Elf;

/// <summary>
/// Finds bytes of the file by their linked address, because the dynamic table has such addresses. A hostile file can have a million
/// segments, and a million symbols that refer to them, so a search must not look at every segment. The segments are sorted once.
/// </summary>
internal readonly ref struct ElfMemory(ReadOnlySpan<byte> file, ImmutableArray<ElfSegment> sorted)
{
    /// <summary>
    /// The greatest number of segments that are searched for an address. Segments do not overlap, except in a damaged file.
    /// </summary>
    private const int MostOverlapping = 8;

    private readonly ReadOnlySpan<byte> _file = file;
    private readonly ImmutableArray<ElfSegment> _sorted = sorted;

    /// <summary>Gets the segments that have bytes in the file, in the order of their addresses.</summary>
    public static ImmutableArray<ElfSegment> Sort(ImmutableArray<ElfSegment> loadSegments) =>
        [.. loadSegments.Where(segment => segment.FileSize > 0).OrderBy(segment => segment.VirtualAddress)];

    /// <summary>
    /// Gets <paramref name="size"/> bytes from <paramref name="address"/> on, if one segment has all of them in the file.
    /// </summary>
    public bool TrySlice(ulong address, ulong size, out ReadOnlySpan<byte> bytes)
    {
        int below = 0, above = _sorted.Length;
        while (below < above)
        {
            int middle = (below + above) >>> 1;
            (below, above) = _sorted[middle].VirtualAddress <= address ? (middle + 1, above) : (below, middle);
        }

        for (int index = below - 1; index >= Math.Max(0, below - MostOverlapping); index--)
        {
            ElfSegment segment = _sorted[index];
            ulong distance = address - segment.VirtualAddress;
            if (distance < segment.FileSize && size <= segment.FileSize - distance && segment.Offset <= ulong.MaxValue - distance
                && ElfRange.TrySlice(_file, segment.Offset + distance, size, out bytes))
            {
                return true;
            }
        }

        bytes = default;
        return false;
    }
}
