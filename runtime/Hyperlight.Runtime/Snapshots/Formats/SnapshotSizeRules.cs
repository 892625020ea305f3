using Hyperlight.Layouts;
using Hyperlight.Paging;

namespace Hyperlight.Snapshots.Formats;

/// <summary>What the sizes of a snapshot with page tables must be, so that all of it has its place in a guest's memory.</summary>
internal static class SnapshotSizeRules
{
    // Beyond what maps all memory densely: 16,384 tables for further address spaces and for pages that lie scattered. A host holds the tables in its own
    // memory, and a file with holes may say that it has any number.
    private const ulong MoreTables = 64 << 20;

    /// <summary>The first rule that the parts of the blob break, as a sentence without its end; null when there is none.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="memory">Bytes of memory.</param>
    /// <param name="tables">Bytes of page tables.</param>
    /// <param name="blob">Bytes of both.</param>
    public static string? FindFault(GuestLayout layout, ulong memory, ulong tables, ulong blob)
    {
        static bool IsPages(ulong size) => size > 0 && size % GuestLayout.PageSize == 0;
        return IsPages(blob) && blob <= layout.MaxRegionSize
            && IsPages(memory) && memory <= layout.MaxRegionSize
            && IsPages(tables) && tables <= (ulong)Array.MaxLength
            && memory + tables == blob
            ? null
            : $"0x{memory:X} bytes of memory and 0x{tables:X} of page tables are not 0x{blob:X} in whole pages, each at least one, together at most 0x{layout.MaxRegionSize:X}";
    }

    /// <summary>The first rule that they break as parts of a guest's memory; null when there is none.</summary>
    /// <param name="map">The guest's memory at its start.</param>
    /// <param name="memory">Bytes of memory from the layout's base on, at most what the layout allows.</param>
    /// <param name="tables">Bytes of page tables, which lie in scratch.</param>
    public static string? FindFault(MemoryMap map, ulong memory, ulong tables)
    {
        GuestPhysicalAddress start = map.Layout.SnapshotBase;
        ulong end = start.Value + memory;
        ulong scratch = map.Layout.MinimumScratchSize(map.Sizes.InputBufferSize, map.Sizes.OutputBufferSize) + tables;
        ulong mostTables = MostTables(map, memory);
        return tables > mostTables
            ? $"its page tables take 0x{tables:X} bytes, a guest with 0x{memory:X} bytes of memory, 0x{map.Heap.Size:X} of heap and 0x{map.Scratch.Size:X} of scratch has 0x{mostTables:X} at most"
            : map.Scratch.Size < scratch || end > map.Scratch.Gpa.Value
            ? $"its scratch region has 0x{map.Scratch.Size:X} bytes at {map.Scratch.Gpa}, buffers, page tables and the guest's first pages take 0x{scratch:X}, "
                + $"and its memory ends at 0x{end:X}"
            : map.ReservedRanges.FirstOrDefault(range => start.Value < range.Start.Value + range.Size && range.Start.Value < end) is { } reserved
                ? $"its memory ({start}-0x{end - 1:X}) covers the page of the {reserved.Name} ({reserved.Start})"
                : null;
    }

    /// <summary>Twice the tables that map memory, heap (whose untouched pages are one page of memory) and scratch, and some more.</summary>
    private static ulong MostTables(MemoryMap map, ulong memory)
    {
        PageTableFormat format = PageTableFormat.Of(map.Layout.Paging);
        ulong mapped = memory + map.Heap.Size + map.Scratch.Size;
        ulong tables = 0;
        foreach (int shift in format.Shifts.AsSpan()[..format.LastLevel])
        {
            tables += (mapped >> shift) + 1;
        }

        return MoreTables + (2 * tables * GuestLayout.PageSize);
    }
}
