using Hyperlight.Addresses;
using Hyperlight.Layouts;
using Hyperlight.Paging;

namespace Hyperlight.Snapshots.Formats;

/// <summary>Checks the sizes of a snapshot with page tables: memory and tables must have room in a guest's memory.</summary>
internal static class SnapshotSizeRules
{
    // Room for 16,384 tables beyond those that map all memory: for more address spaces, and for scattered pages. There must be a limit
    // because the host reads the tables into its own memory, and a file with holes can claim any size.
    private const ulong MoreTables = 64 << 20;

    /// <summary>
    /// Finds the first rule that the parts of the blob break. Returns a sentence without its end, or <c>null</c> if no rule is broken.
    /// </summary>
    /// <param name="layout">The layout.</param>
    /// <param name="memory">The size of the memory in bytes.</param>
    /// <param name="tables">The size of the page tables in bytes.</param>
    /// <param name="blob">The size of the blob in bytes.</param>
    public static string? FindFault(GuestLayout layout, ulong memory, ulong tables, ulong blob)
    {
        static bool IsPages(ulong size) => size > 0 && size % GuestLayout.PageSize == 0;
        return IsPages(blob) && blob <= layout.MaxRegionSize
            && IsPages(memory) && memory <= layout.MaxRegionSize
            && IsPages(tables) && tables <= (ulong)Array.MaxLength
            && memory + tables == blob
            ? null
            : $"0x{memory:X} bytes of memory and 0x{tables:X} of page tables are not 0x{blob:X} in whole pages, each at least one, "
                + $"together at most 0x{layout.MaxRegionSize:X}";
    }

    /// <summary>
    /// Finds the first rule that memory and tables break as parts of a guest's memory. Returns <c>null</c> if no rule is broken.
    /// </summary>
    /// <param name="map">The guest's memory at its start.</param>
    /// <param name="memory">The size of the memory from the layout's base up, in bytes, at most what the layout allows.</param>
    /// <param name="tables">The size of the page tables in bytes. They are in scratch memory.</param>
    public static string? FindFault(MemoryMap map, ulong memory, ulong tables)
    {
        AddressRange<GuestPhysicalAddress> addresses = new(map.Layout.SnapshotBase, memory);
        GuestPhysicalAddress end = addresses.Start + memory;
        ulong scratch = map.Layout.MinimumScratchSize(map.Sizes.InputBufferSize, map.Sizes.OutputBufferSize) + tables;
        ulong mostTables = MostTables(map, memory);
        return tables > mostTables
            ? $"its page tables take 0x{tables:X} bytes, a guest with 0x{memory:X} bytes of memory, 0x{map.Heap.Size:X} of heap and "
                + $"0x{map.Scratch.Size:X} of scratch has 0x{mostTables:X} at most"
            : map.Scratch.Size < scratch || end > map.Scratch.Gpa
            ? $"its scratch region has 0x{map.Scratch.Size:X} bytes at {map.Scratch.Gpa}, buffers, page tables and the guest's first "
                + $"pages take 0x{scratch:X}, and its memory ends at {end}"
            : map.ReservedRanges.FirstOrDefault(range => range.Addresses.Overlaps(addresses)) is { } reserved
                ? $"its memory ({addresses}) covers the page of the {reserved.Name} ({reserved.Addresses.Start})"
                : null;
    }

    /// <summary>
    /// Gets the greatest size of page tables in bytes: twice the tables that map the memory, the heap and the scratch memory, and room for
    /// more address spaces. The heap counts in full, because its untouched pages are one page of the memory.
    /// </summary>
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
