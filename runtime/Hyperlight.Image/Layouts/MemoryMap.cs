using System.Collections.Immutable;
using Hyperlight.Addresses;
using Hyperlight.Paging;

namespace Hyperlight.Layouts;

/// <summary>
/// Where everything lies in one guest's memory. From the base of the layout upwards, and at the top of the address space:
/// <code>
///   GVA   base                                             scratch base                                     top
///          │ image │ PEB │ heap │ init data │     …            │ input │ output │ page tables │ free … │ words │
///   blob   │ image │ PEB │ one  │ init data │ page tables ─────────copied at start──────▲
///                          zero page (paged layouts)
/// </code>
/// Identity layouts store every page at its own place and have no page tables.
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
            MemoryRegion region = new(name, layout.SnapshotBase + blobOffset, gva, size, blobOffset, storedSize, layout.SnapshotPermissions, guest);
            gva += size;
            blobOffset += storedSize;
            return region;
        }

        // An identity layout has nothing to enforce a guest permission with: the guest may do what the hypervisor allows. Some page tables cannot forbid
        // executing.
        bool executesAll = paged && PageTableFormat.Of(layout.Paging).NoExecute == 0;
        MemoryPermissions always = executesAll ? MemoryPermissions.Execute : MemoryPermissions.None;
        MemoryPermissions Guest(MemoryPermissions permissions) => paged ? permissions | always : layout.SnapshotPermissions;

        ulong heapSize = RoundedHeapSize(sizes);
        ulong initDataSize = GuestPage.RoundUp(sizes.InitDataSize);
        Image = Append("image", GuestPage.RoundUp(codeSize), storedImageSize, MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute);
        Peb = Append("peb", GuestPage.Size, GuestPage.Size, Guest(MemoryPermissions.Read));
        MemoryPermissions heap = MemoryPermissions.Read | MemoryPermissions.Write | (sizes.ExecutableHeap ? MemoryPermissions.Execute : MemoryPermissions.None);
        Heap = Append("heap", heapSize, paged ? GuestPage.Size : heapSize, Guest(heap));
        InitData = Append("init-data", initDataSize, initDataSize, Guest(sizes.InitDataPermissions));
        SnapshotSize = blobOffset;

        MemoryPermissions everything = MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute;
        GuestPhysicalAddress scratchGpa = layout.ScratchBaseGpa(sizes.ScratchSize);
        GuestVirtualAddress scratchGva = layout.ScratchBaseGva(sizes.ScratchSize);
        ulong tablesOffset = GuestPage.RoundUp(sizes.InputBufferSize + sizes.OutputBufferSize);
        Scratch = new(
            "scratch", scratchGpa, scratchGva, sizes.ScratchSize, 0, 0, everything, paged ? MemoryPermissions.Read | MemoryPermissions.Write | always : everything);
        ulong tablesSize = PageTablesSize(layout, sizes, codeSize);
        PageTables = new(
            "page-tables", scratchGpa + tablesOffset, scratchGva + tablesOffset, tablesSize, SnapshotSize, tablesSize, Scratch.Host, Scratch.Guest);
    }

    /// <summary>The profile the map follows.</summary>
    public GuestLayout Layout { get; }

    /// <summary>The sizes it was made for.</summary>
    public GuestSizes Sizes { get; }

    /// <summary>Bytes from the first to the last byte of the loaded segments, not rounded.</summary>
    public ulong CodeSize { get; }

    /// <summary>The guest's loaded segments and the gaps between them.</summary>
    public MemoryRegion Image { get; }

    /// <summary>The process environment block: one page.</summary>
    public MemoryRegion Peb { get; }

    /// <summary>The guest's heap, at least one page.</summary>
    public MemoryRegion Heap { get; }

    /// <summary>Init data; its size may be 0.</summary>
    public MemoryRegion InitData { get; }

    /// <summary>The initial page tables: behind the snapshot region in the blob, copied into scratch at every start. Size 0 without paging.</summary>
    public MemoryRegion PageTables { get; }

    /// <summary>Buffers, live page tables, stacks and the guest's own pages, at the top of the address space.</summary>
    public MemoryRegion Scratch { get; }

    /// <summary>Bytes at the start of the blob that the guest sees at the layout's base.</summary>
    public ulong SnapshotSize { get; }

    /// <summary>Gets the physical addresses of the snapshot region.</summary>
    public AddressRange<GuestPhysicalAddress> StoredAddresses => new(Layout.SnapshotBase, SnapshotSize);

    /// <summary>Bytes of the whole memory blob: the snapshot region and the page tables.</summary>
    public ulong BlobSize => SnapshotSize + PageTables.StoredSize;

    /// <summary>Where the page tables are copied to in scratch, in bytes from its start; without paging, where free memory starts.</summary>
    public ulong PageTablesScratchOffset => PageTables.Gpa - Scratch.Gpa;

    /// <summary>The buffer the host writes to.</summary>
    public GuestVirtualAddress InputBuffer => Scratch.Gva;

    /// <summary>The buffer the guest writes to.</summary>
    public GuestVirtualAddress OutputBuffer => Scratch.Gva + Sizes.InputBufferSize;

    /// <summary>The first page of scratch that the guest may allocate.</summary>
    public GuestPhysicalAddress FirstFreePage => PageTables.Gpa + PageTables.Size;

    /// <summary>All regions, in the order of the blob, scratch last. Regions of size 0 are left out.</summary>
    public ImmutableArray<MemoryRegion> Regions =>
        [.. new[] { Image, Peb, Heap, InitData, PageTables, Scratch }.Where(region => region.Size > 0)];

    /// <summary>Physical addresses no region may cover: the layout's, and those of the interrupt controllers where the guest has them.</summary>
    public IEnumerable<ReservedRange> ReservedRanges => ReservedRangesOf(Layout, Sizes);

    /// <summary>Upstream's format of the guest's snapshots; null where it has none, and our own is used: it has no place for interrupt controllers.</summary>
    internal SnapshotAbi? SnapshotAbi => Sizes.HardwareInterrupts ? null : Layout.SnapshotAbi;

    /// <summary>Lays out a guest's memory, or says why that cannot be done.</summary>
    /// <param name="layout">The profile.</param>
    /// <param name="sizes">The sizes asked for; nothing in them is trusted.</param>
    /// <param name="codeSize">Bytes from the first to the last byte of the loaded segments.</param>
    /// <param name="storedImageSize">
    /// Bytes the blob holds of the image, a multiple of the page size; null while that is not known yet, which assumes that none of its pages is zero.
    /// </param>
    /// <param name="findings">Receives every rule the sizes break.</param>
    /// <returns>The map, null when there are findings.</returns>
    public static MemoryMap? TryCreate(GuestLayout layout, GuestSizes sizes, ulong codeSize, ulong? storedImageSize, ICollection<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(sizes);
        ArgumentNullException.ThrowIfNull(findings);

        // No sum can overflow once each part is bounded by the layout's limit (at most 16 GiB), and scratch has room for what lies in it.
        if (!CheckBase(layout, findings) || !CheckBounds(layout, sizes, codeSize, findings) || !CheckScratch(layout, sizes, codeSize, findings))
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
    /// Bytes of the tables that map the snapshot region and scratch: the root, and for every level above the last the distinct tables that its entries
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
            // A table that maps the end of the one and the start of the other is one table.
            count += scratchLast - scratchFirst + (last >> shift == scratchFirst ? 0UL : 1UL);
        }

        return count * GuestPage.Size;
    }
}
