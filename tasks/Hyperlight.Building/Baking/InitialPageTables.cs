using Hyperlight.Layouts;
using Hyperlight.Paging;

namespace Hyperlight.Baking;

/// <summary>
/// Builds the page tables that a guest starts with. Pages without stored bytes, of all regions, map to the zero page that the heap region
/// stores. An untouched page of the heap therefore needs only a page-table entry.
/// </summary>
internal static class InitialPageTables
{
    /// <summary>Builds the tables, which a sandbox copies to <see cref="MemoryMap.PageTables"/>.</summary>
    /// <param name="map">The map of the guest's memory.</param>
    /// <param name="imagePermissions">The permissions of each page of the image, in ascending order.</param>
    /// <param name="storedImagePages">The addresses of the stored pages of the image, by page number.</param>
    /// <exception cref="InvalidOperationException">
    /// The mappings need more or fewer tables than the map has room for, which is a defect.
    /// </exception>
    public static byte[] Build(
        MemoryMap map, IEnumerable<MemoryPermissions> imagePermissions, IReadOnlyDictionary<ulong, GuestPhysicalAddress> storedImagePages)
    {
        PageTableBuilder tables = new(PageTableFormat.Of(map.Layout.Paging), map.PageTables.Gpa, (int)map.PageTables.Size);
        GuestPhysicalAddress zeroPage = map.Heap.Gpa;

        // Upstream maps in this order, which determines the order of the tables (amd64 sheet, section 3.2; i686 sheet, section 2.5).
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
