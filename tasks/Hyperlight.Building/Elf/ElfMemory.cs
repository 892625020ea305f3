using System.Collections.Immutable;

namespace Hyperlight.Elf;

/// <summary>
/// The file's bytes by the virtual address they are linked for. The dynamic table refers to its parts that way. A hostile file can have a million segments,
/// and a million symbols that ask for them, so a question must not look at every segment: the segments are sorted once.
/// </summary>
internal readonly ref struct ElfMemory(ReadOnlySpan<byte> file, ImmutableArray<ElfSegment> sorted)
{
    /// <summary>Segments have no addresses in common. Where those of a damaged file do, an address is looked for in so many of them.</summary>
    private const int MostOverlapping = 8;

    private readonly ReadOnlySpan<byte> _file = file;
    private readonly ImmutableArray<ElfSegment> _sorted = sorted;

    /// <summary>The segments that have bytes in the file, in the order of their addresses.</summary>
    public static ImmutableArray<ElfSegment> Sort(ImmutableArray<ElfSegment> loadSegments) =>
        [.. loadSegments.Where(segment => segment.FileSize > 0).OrderBy(segment => segment.VirtualAddress)];

    /// <summary>The bytes from <paramref name="address"/> on, if one segment has all <paramref name="size"/> of them in the file.</summary>
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
