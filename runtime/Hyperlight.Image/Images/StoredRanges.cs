using System.Collections.Immutable;
using Hyperlight.Files;
using Hyperlight.Layouts;
using Hyperlight.Paging;

namespace Hyperlight.Images;

/// <summary>
/// The parts of a guest's memory that a blob stores, one after the other. A guest without page tables has each page at its own address, and
/// most pages may be zero:
/// <code>
///   memory   │ code, data │ 0 0 0 … │ PEB │ 0 0 0 … │ init data │
///   blob     │ code, data │ PEB │ init data │
/// </code>
/// Each range is a separate mapping in each sandbox. There are therefore few ranges, and short runs of zeros are stored.
/// </summary>
internal static class StoredRanges
{
    /// <summary>The greatest number of ranges.</summary>
    public const int MaxCount = 32;

    // The least run of zeros that is not stored, in bytes. A shorter run costs less than another mapping in each sandbox.
    private const ulong LeastGap = 16 * GuestLayout.PageSize;

    /// <summary>Gets the size of all ranges together, in bytes.</summary>
    public static ulong Total(ImmutableArray<StoredRange> ranges) => ranges.Aggregate(0UL, (sum, range) => sum + range.Size);

    /// <summary>Gets the ranges that cover pieces of memory.</summary>
    /// <param name="pieces">The pieces, in ascending order.</param>
    public static ImmutableArray<StoredRange> Covering(IEnumerable<BlobPiece> pieces)
    {
        List<StoredRange> ranges = [];
        foreach (BlobPiece piece in pieces.Where(piece => !piece.Bytes.IsEmpty))
        {
            ulong start = piece.Offset & ~(GuestLayout.PageSize - 1);
            ulong end = GuestLayout.RoundUpToPage(piece.Offset + (ulong)piece.Bytes.Length);
            Append(ranges, new(start, end - start), LeastGap);
        }

        if (ranges.Count <= MaxCount)
        {
            return [.. ranges];
        }

        // Only the longest runs of zeros are left out.
        IEnumerable<ulong> gaps = Enumerable.Range(1, ranges.Count - 1).Select(i => ranges[i].Offset - End(ranges[i - 1]));
        ulong least = gaps.OrderDescending().ElementAt(MaxCount - 1) + 1;
        List<StoredRange> fewer = [];
        foreach (StoredRange range in ranges)
        {
            Append(fewer, range, least);
        }

        return [.. fewer];
    }

    /// <summary>Gets the offset in the blob of a byte of the memory that a range covers.</summary>
    public static ulong BlobOffset(ImmutableArray<StoredRange> ranges, ulong offset)
    {
        ulong place = 0;
        foreach (StoredRange range in ranges)
        {
            if (offset >= range.Offset && offset < End(range))
            {
                return place + (offset - range.Offset);
            }

            place += range.Size;
        }

        throw new ArgumentOutOfRangeException(nameof(offset), offset, "No range covers it.");
    }

    /// <summary>
    /// Finds the first rule that recorded ranges break. Returns a sentence without its end, or <c>null</c> if no rule is broken.
    /// </summary>
    /// <param name="ranges">The ranges.</param>
    /// <param name="map">The map of the memory. A memory with page tables is stored as one range.</param>
    public static string? FindFault(ImmutableArray<StoredRange> ranges, MemoryMap map)
    {
        if (map.Layout.Paging != GuestPaging.None)
        {
            return ranges is [StoredRange whole] && whole == new StoredRange(0, map.BlobSize)
                ? null
                : $"it stores {ranges.Length} parts of its memory, images of {map.Layout} store all 0x{map.BlobSize:X} bytes as one";
        }

        if (ranges.Length is 0 or > MaxCount)
        {
            return $"it stores {ranges.Length} parts of its memory, there may be 1 to {MaxCount}";
        }

        ulong end = 0;
        foreach (StoredRange range in ranges)
        {
            bool isPages = range.Size > 0 && range.Size % GuestLayout.PageSize == 0 && range.Offset % GuestLayout.PageSize == 0;
            if (!isPages || range.Offset < end || range.Offset > map.BlobSize || range.Size > map.BlobSize - range.Offset)
            {
                return $"it stores 0x{range.Size:X} bytes at 0x{range.Offset:X} of its memory, parts are whole pages, each after the one "
                    + $"before, up to 0x{map.BlobSize:X}";
            }

            end = End(range);
        }

        return null;
    }

    private static void Append(List<StoredRange> ranges, StoredRange range, ulong leastGap)
    {
        if (ranges.Count > 0 && range.Offset < End(ranges[^1]) + leastGap)
        {
            ranges[^1] = ranges[^1] with { Size = End(range) - ranges[^1].Offset };
        }
        else
        {
            ranges.Add(range);
        }
    }

    private static ulong End(StoredRange range) => range.Offset + range.Size;
}
