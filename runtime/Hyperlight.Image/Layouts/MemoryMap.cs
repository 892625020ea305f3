using System.Collections.Immutable;
using Hyperlight.Addresses;
using Hyperlight.Paging;

namespace Hyperlight.Layouts;

/// <summary>
/// The map of one guest's memory: regions from the base of the layout up, and scratch at the top of the address space.
/// <code>
///   GVA   base                                             scratch base                                     top
///          │ image │ PEB │ heap │ init data │     …            │ input │ output │ page tables │ free … │ words │
///   blob   │ image │ PEB │ one  │ init data │ page tables ──────────shown in────────────▲
///                          zero page (paged layouts)
/// </code>
/// Layouts without paging store each page at its own place and have no page tables.
/// </summary>
internal sealed partial record MemoryMap
{
    private MemoryMap(GuestLayout layout, GuestSizes sizes, ulong codeSize, ulong storedImageSize)
    {
        bool paged = layout.Paging != GuestPaging.None;
        Layout = layout;
        Sizes = sizes;
        CodeSize = codeSize;

        ulong blobOffset = 0;
        GuestVirtualAddress gva = new(layout.SnapshotBase.Value);
        MemoryRegion Append(string name, ulong size, ulong storedSize, MemoryPermissions guest)
        {
            MemoryRegion region = new(
                name, layout.SnapshotBase + blobOffset, gva, size, blobOffset, storedSize, layout.SnapshotPermissions, guest);
            gva += size;
            blobOffset += storedSize;
            return region;
        }

        // Without page tables the guest has the permissions that the hypervisor gives. 2-level page tables cannot forbid
        // execution.
        bool executesAll = paged && PageTableFormat.Of(layout.Paging).NoExecute == 0;
        MemoryPermissions always = executesAll ? MemoryPermissions.Execute : MemoryPermissions.None;
        MemoryPermissions Guest(MemoryPermissions permissions) => paged ? permissions | always : layout.SnapshotPermissions;

        ulong heapSize = RoundedHeapSize(sizes);
        ulong initDataSize = GuestPage.RoundUp(sizes.InitDataSize);
        const MemoryPermissions Everything = MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute;
        Image = Append("image", GuestPage.RoundUp(codeSize), storedImageSize, Everything);
        Peb = Append("peb", GuestPage.Size, GuestPage.Size, Guest(MemoryPermissions.Read));
        MemoryPermissions heap = sizes.ExecutableHeap ? Everything : MemoryPermissions.Read | MemoryPermissions.Write;
        Heap = Append("heap", heapSize, paged ? GuestPage.Size : heapSize, Guest(heap));
        InitData = Append("init-data", initDataSize, initDataSize, Guest(sizes.InitDataPermissions));
        SnapshotSize = blobOffset;

        GuestPhysicalAddress scratchGpa = layout.ScratchBaseGpa(sizes.ScratchSize);
        GuestVirtualAddress scratchGva = layout.ScratchBaseGva(sizes.ScratchSize);
        ulong tablesOffset = GuestPage.RoundUp(sizes.InputBufferSize + sizes.OutputBufferSize);
        Scratch = new(
            "scratch",
            scratchGpa,
            scratchGva,
            sizes.ScratchSize,
            0,
            0,
            Everything,
            paged ? MemoryPermissions.Read | MemoryPermissions.Write | always : Everything);
        ulong tablesSize = PageTablesSize(layout, sizes, codeSize);
        PageTables = new(
            "page-tables",
            scratchGpa + tablesOffset,
            scratchGva + tablesOffset,
            tablesSize,
            SnapshotSize,
            tablesSize,
            Scratch.Host,
            Scratch.Guest);
    }

    /// <summary>Gets the layout of the map.</summary>
    public GuestLayout Layout { get; }

    /// <summary>Gets the sizes that the map was created for.</summary>
    public GuestSizes Sizes { get; }

    /// <summary>Gets the number of bytes from the first to the last byte of the loaded segments, not rounded.</summary>
    public ulong CodeSize { get; }

    /// <summary>Gets the region of the guest's loaded segments with the gaps between them.</summary>
    public MemoryRegion Image { get; }

    /// <summary>Gets the region of the process environment block, one page.</summary>
    public MemoryRegion Peb { get; }

    /// <summary>Gets the region of the guest's heap, at least one page.</summary>
    public MemoryRegion Heap { get; }

    /// <summary>Gets the region of the init data. The size may be 0.</summary>
    public MemoryRegion InitData { get; }

    /// <summary>
    /// Gets the region of the initial page tables. In the blob the tables follow the snapshot region. A guest finds them in scratch at
    /// its start. The size is 0 without paging.
    /// </summary>
    public MemoryRegion PageTables { get; }

    /// <summary>
    /// Gets the scratch region at the top of the address space: buffers, live page tables, stacks and the guest's own pages.
    /// </summary>
    public MemoryRegion Scratch { get; }

    /// <summary>Gets the size of the part of the blob that the guest sees at the layout's base, in bytes.</summary>
    public ulong SnapshotSize { get; }

    /// <summary>Gets the physical addresses of the snapshot region.</summary>
    public AddressRange<GuestPhysicalAddress> StoredAddresses => new(Layout.SnapshotBase, SnapshotSize);

    /// <summary>Gets the size of the memory blob in bytes: the snapshot region and the page tables.</summary>
    public ulong BlobSize => SnapshotSize + PageTables.StoredSize;

    /// <summary>Gets the offset of the page tables in scratch in bytes. Without paging, free memory starts at this offset.</summary>
    public ulong PageTablesScratchOffset => PageTables.Gpa - Scratch.Gpa;

    /// <summary>Gets the address of the buffer that the host writes to.</summary>
    public GuestVirtualAddress InputBuffer => Scratch.Gva;

    /// <summary>Gets the address of the buffer that the guest writes to.</summary>
    public GuestVirtualAddress OutputBuffer => Scratch.Gva + Sizes.InputBufferSize;

    /// <summary>Gets the address of the first page of scratch that the guest may allocate.</summary>
    public GuestPhysicalAddress FirstFreePage => PageTables.Gpa + PageTables.Size;

    /// <summary>Gets all regions in the order of the blob, scratch last. Regions of size 0 are left out.</summary>
    public ImmutableArray<MemoryRegion> Regions =>
        [.. new[] { Image, Peb, Heap, InitData, PageTables, Scratch }.Where(region => region.Size > 0)];

    /// <summary>
    /// Gets the physical addresses that no region may cover: those of the layout, and those of the interrupt controllers if the guest has
    /// them.
    /// </summary>
    public IEnumerable<ReservedRange> ReservedRanges => ReservedRangesOf(Layout, Sizes);

    /// <summary>
    /// Gets upstream's format of the guest's snapshots; <c>null</c> if the format of this SDK is used, as for all guests with interrupt
    /// controllers.
    /// </summary>
    internal SnapshotAbi? SnapshotAbi => Sizes.HardwareInterrupts ? null : Layout.SnapshotAbi;

    /// <summary>Creates the map of a guest's memory, or reports the rules that the sizes break.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="sizes">The sizes, which are not trusted.</param>
    /// <param name="codeSize">The number of bytes from the first to the last byte of the loaded segments.</param>
    /// <param name="storedImageSize">
    /// The number of bytes of the image that the blob stores, a multiple of the page size; <c>null</c> if all pages of the image are
    /// stored.
    /// </param>
    /// <param name="findings">Receives a finding for each rule that the sizes break.</param>
    /// <returns>The map; <c>null</c> if there are findings.</returns>
    public static MemoryMap? TryCreate(
        GuestLayout layout, GuestSizes sizes, ulong codeSize, ulong? storedImageSize, ICollection<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(sizes);
        ArgumentNullException.ThrowIfNull(findings);

        // After these checks no sum can overflow: each part is at most the layout's limit (at most 16 GiB).
        if (!CheckBase(layout, findings) || !CheckBounds(layout, sizes, codeSize, findings)
            || !CheckScratch(layout, sizes, codeSize, findings))
        {
            return null;
        }

        MemoryMap map = new(layout, sizes, codeSize, storedImageSize ?? GuestPage.RoundUp(codeSize));
        int before = findings.Count;
        map.CheckPlacement(findings);
        return findings.Count == before ? map : null;
    }

    private static ulong RoundedHeapSize(GuestSizes sizes) => GuestPage.RoundUp(Math.Max(sizes.HeapSize, 1));

    /// <summary>
    /// Gets the size of the tables that map the snapshot region and scratch, in bytes: the root, and for each level above the last the
    /// different tables that its entries
    /// lead to (amd64 sheet, section 2.4; i686 sheet, section 2.5).
    /// </summary>
    private static ulong PageTablesSize(GuestLayout layout, GuestSizes sizes, ulong codeSize)
    {
        if (layout.Paging == GuestPaging.None)
        {
            return 0;
        }

        PageTableFormat format = PageTableFormat.Of(layout.Paging);
        ulong snapshotSize = GuestPage.RoundUp(codeSize) + GuestPage.Size + RoundedHeapSize(sizes) + GuestPage.RoundUp(sizes.InitDataSize);
        ulong first = layout.SnapshotBase.Value;
        ulong last = first + (snapshotSize - 1);
        ulong count = 1;
        for (int level = 0; level < format.LastLevel; level++)
        {
            int shift = format.Shifts[level];
            ulong scratchFirst = layout.ScratchBaseGva(sizes.ScratchSize).Value >> shift;
            ulong scratchLast = layout.ScratchTopGva.Value >> shift;
            count += (last >> shift) - (first >> shift) + 1;
            // The end of the snapshot region and the start of scratch can share a table.
            count += scratchLast - scratchFirst + (last >> shift == scratchFirst ? 0UL : 1UL);
        }

        return count * GuestPage.Size;
    }
}
