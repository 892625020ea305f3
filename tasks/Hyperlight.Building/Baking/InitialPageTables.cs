using Hyperlight.Layouts;
using Hyperlight.Paging;

namespace Hyperlight.Baking;

/// <summary>
/// The page tables a paged guest starts with. A page without stored bytes maps to the zero page that the heap region stores, whichever region it is
/// in: an untouched heap costs a page-table entry a page and nothing else.
/// </summary>
internal static class InitialPageTables
{
    /// <summary>The tables, as they are copied to <see cref="MemoryMap.PageTables"/>.</summary>
    /// <param name="map">Where everything is.</param>
    /// <param name="imagePermissions">What each page of the image allows, in ascending order.</param>
    /// <param name="storedImagePages">Where the stored pages of the image are, by page number.</param>
    /// <exception cref="InvalidOperationException">The mappings needed more or fewer tables than the map counted: a defect.</exception>
    public static byte[] Build(
        MemoryMap map, IEnumerable<MemoryPermissions> imagePermissions, IReadOnlyDictionary<ulong, GuestPhysicalAddress> storedImagePages)
    {
        PageTableBuilder tables = new(PageTableFormat.Of(map.Layout.Paging), map.PageTables.Gpa, (int)map.PageTables.Size);
        GuestPhysicalAddress zeroPage = map.Heap.Gpa;

        // The order is upstream's: it decides which table comes first (amd64 sheet, section 3.2; i686 sheet, section 2.5).
        ulong imagePage = 0;
        foreach (MemoryPermissions permissions in imagePermissions)
        {
            GuestPhysicalAddress gpa = storedImagePages.GetValueOrDefault(imagePage, zeroPage);
            tables.MapSnapshotPage(map.Image.Gva + (imagePage * GuestLayout.PageSize), gpa, permissions);
            imagePage++;
        }

        foreach (MemoryRegion region in new[] { map.Peb, map.Heap, map.InitData })
        {
            for (ulong offset = 0; offset < region.Size; offset += GuestLayout.PageSize)
            {
                tables.MapSnapshotPage(region.Gva + offset, offset < region.StoredSize ? region.Gpa + offset : zeroPage, region.Guest);
            }
        }

        for (ulong offset = 0; offset < map.Scratch.Size; offset += GuestLayout.PageSize)
        {
            tables.MapScratchPage(map.Scratch.Gva + offset, map.Scratch.Gpa + offset, map.Scratch.Guest);
        }

        return (ulong)tables.Size == map.PageTables.Size
            ? tables.Build()
            : throw new InvalidOperationException($"the page tables take 0x{tables.Size:X} bytes, the map says 0x{map.PageTables.Size:X}");
    }
}
