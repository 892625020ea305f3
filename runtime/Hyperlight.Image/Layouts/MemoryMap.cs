using System.Collections.Immutable;

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
public sealed record MemoryMap
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
        ulong initDataSize = GuestLayout.RoundUpToPage(sizes.InitDataSize);
        Image = Append("image", GuestLayout.RoundUpToPage(codeSize), storedImageSize, MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute);
        Peb = Append("peb", GuestLayout.PageSize, GuestLayout.PageSize, Guest(MemoryPermissions.Read));
        MemoryPermissions heap = MemoryPermissions.Read | MemoryPermissions.Write | (sizes.ExecutableHeap ? MemoryPermissions.Execute : MemoryPermissions.None);
        Heap = Append("heap", heapSize, paged ? GuestLayout.PageSize : heapSize, Guest(heap));
        InitData = Append("init-data", initDataSize, initDataSize, Guest(sizes.InitDataPermissions));
        SnapshotSize = blobOffset;

        MemoryPermissions everything = MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute;
        GuestPhysicalAddress scratchGpa = layout.ScratchBaseGpa(sizes.ScratchSize);
        GuestVirtualAddress scratchGva = layout.ScratchBaseGva(sizes.ScratchSize);
        ulong tablesOffset = GuestLayout.RoundUpToPage(sizes.InputBufferSize + sizes.OutputBufferSize);
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

    /// <summary>Bytes of the whole memory blob: the snapshot region and the page tables.</summary>
    public ulong BlobSize => SnapshotSize + PageTables.StoredSize;

    /// <summary>Where the page tables are copied to in scratch, in bytes from its start; without paging, where free memory starts.</summary>
    public ulong PageTablesScratchOffset => PageTables.Gpa.Value - Scratch.Gpa.Value;

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
    public IEnumerable<ReservedRange> ReservedRanges =>
        Sizes.HardwareInterrupts ? Layout.ReservedRanges.Union(GuestLayouts.InterruptControllers) : Layout.ReservedRanges;

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

        MemoryMap map = new(layout, sizes, codeSize, storedImageSize ?? GuestLayout.RoundUpToPage(codeSize));
        int before = findings.Count;
        map.CheckPlacement(findings);
        return findings.Count == before ? map : null;
    }

    /// <summary>A base that the guest chose: in an image it may be anything.</summary>
    private static bool CheckBase(GuestLayout layout, ICollection<Finding> findings)
    {
        GuestPhysicalAddress start = layout.SnapshotBase;
        if (layout.LowestBase is not { } lowest
            || (start.Value >= lowest.Value && start.Value <= layout.ScratchTopGpa.Value && start.Value % GuestLayout.PageSize == 0))
        {
            return true;
        }

        findings.Add(Rules.LinkAddress.Found(
            $"the guest's lowest segment is at {start}, {layout.Id} loads guests at multiples of 0x{GuestLayout.PageSize:X} from {lowest} to {layout.ScratchTopGpa}: "
            + "link the guest there, for example at 0x100000."));
        return false;
    }

    private static bool CheckBounds(GuestLayout layout, GuestSizes sizes, ulong codeSize, ICollection<Finding> findings)
    {
        int before = findings.Count;
        void AtMostLimit(string what, ulong size)
        {
            if (size > layout.MaxRegionSize)
            {
                findings.Add(Rules.MemoryTooLarge.Found(
                    $"{what} is 0x{size:X} bytes, {layout.Id} allows 0x{layout.MaxRegionSize:X} ({ByteSize.ToText(layout.MaxRegionSize)}): make it smaller."));
            }
        }

        AtMostLimit("the guest's image", codeSize);
        AtMostLimit("HeapSize", sizes.HeapSize);
        AtMostLimit("ScratchSize", sizes.ScratchSize);
        AtMostLimit("InputBufferSize", sizes.InputBufferSize);
        AtMostLimit("OutputBufferSize", sizes.OutputBufferSize);
        AtMostLimit("the init data", sizes.InitDataSize);

        foreach ((string name, ulong size) in new[] { ("InputBufferSize", sizes.InputBufferSize), ("OutputBufferSize", sizes.OutputBufferSize) })
        {
            if (size < GuestSizes.MinimumBufferSize)
            {
                findings.Add(Rules.BufferTooSmall.Found(
                    $"{name} is 0x{size:X} bytes, the least is 0x{GuestSizes.MinimumBufferSize:X}: raise {name}."));
            }
        }

        if (!MemoryPermissionsText.Readable.Contains(sizes.InitDataPermissions))
        {
            findings.Add(Rules.BadPermissions.Found(
                $"InitDataPermissions is {sizes.InitDataPermissions.ToText()}, a processor can read whatever it has: add the permission to read."));
        }

        if (sizes.ScratchSize % GuestLayout.PageSize != 0)
        {
            findings.Add(Rules.SizeNotPageAligned.Found(
                $"ScratchSize is 0x{sizes.ScratchSize:X} bytes, only multiples of 0x{GuestLayout.PageSize:X} can be mapped: round it up."));
        }

        return findings.Count == before;
    }

    private static bool CheckScratch(GuestLayout layout, GuestSizes sizes, ulong codeSize, ICollection<Finding> findings)
    {
        ulong tables = PageTablesSize(layout, sizes, codeSize);
        ulong minimum = layout.MinimumScratchSize(sizes.InputBufferSize, sizes.OutputBufferSize) + tables;
        if (sizes.ScratchSize >= minimum)
        {
            return true;
        }

        findings.Add(Rules.ScratchTooSmall.Found(
            $"ScratchSize is 0x{sizes.ScratchSize:X} bytes, buffers, page tables (0x{tables:X}) and the guest's first pages need 0x{minimum:X}: "
            + $"raise ScratchSize to at least 0x{minimum:X} ({ByteSize.ToText(minimum)}), or lower HeapSize or the buffer sizes."));
        return false;
    }

    private void CheckPlacement(ICollection<Finding> findings)
    {
        ulong end = InitData.Gva.Value + InitData.Size;
        ulong total = end - Layout.SnapshotBase.Value;
        if (total > Layout.MaxRegionSize)
        {
            findings.Add(Rules.MemoryTooLarge.Found(
                $"image, PEB, heap and init data take 0x{total:X} bytes together, {Layout.Id} allows 0x{Layout.MaxRegionSize:X}: lower HeapSize."));
        }

        ulong scratchTop = Layout.ScratchTopGva.Value;
        if (end - 1 > scratchTop)
        {
            findings.Add(Rules.AddressBeyondLayout.Found(
                $"image, PEB, heap and init data end at 0x{end - 1:X}, the last address of {Layout.Id} is 0x{scratchTop:X}: lower HeapSize{OrLinkElsewhere}."));
        }
        else if (end > Scratch.Gva.Value)
        {
            findings.Add(Rules.RegionOverlap.Found(
                $"image, PEB, heap and init data ({Layout.SnapshotBase}-0x{end - 1:X}) overlap the scratch region ({Scratch.Gva}-0x{scratchTop:X}): "
                + $"lower HeapSize or ScratchSize{OrLinkElsewhere}."));
        }
        else if (Layout.SnapshotBase.Value + SnapshotSize > Scratch.Gpa.Value)
        {
            // What is stored of them takes less than they do, but scratch may lie lower than it seems.
            findings.Add(Rules.RegionOverlap.Found(
                $"image, PEB and init data (physical addresses {Layout.SnapshotBase}-0x{Layout.SnapshotBase.Value + SnapshotSize - 1:X}) overlap the scratch region "
                + $"({Scratch.Gpa}-{Layout.ScratchTopGpa}): lower ScratchSize or make the guest smaller."));
        }

        CheckReserved("image, PEB, heap and init data", Layout.SnapshotBase.Value, total, findings);
        CheckReserved("the scratch region", Scratch.Gpa.Value, Scratch.Size, findings);
    }

    private string OrLinkElsewhere => Layout.LowestBase is null ? "" : ", or link the guest elsewhere";

    private void CheckReserved(string what, ulong start, ulong size, ICollection<Finding> findings)
    {
        foreach (ReservedRange reserved in ReservedRanges)
        {
            ulong reservedStart = reserved.Start.Value;
            if (start < reservedStart + reserved.Size && reservedStart < start + size)
            {
                findings.Add(Rules.ReservedRange.Found(
                    $"{what} (0x{start:X}-0x{start + size - 1:X}) covers addresses of the {reserved.Name} "
                    + $"(0x{reservedStart:X}-0x{reservedStart + reserved.Size - 1:X}): lower ScratchSize or HeapSize{OrLinkElsewhere}."));
            }
        }
    }

    private static ulong RoundedHeapSize(GuestSizes sizes) => GuestLayout.RoundUpToPage(Math.Max(sizes.HeapSize, 1));

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
        ulong snapshotSize = GuestLayout.RoundUpToPage(codeSize) + GuestLayout.PageSize + RoundedHeapSize(sizes) + GuestLayout.RoundUpToPage(sizes.InitDataSize);
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

        return count * GuestLayout.PageSize;
    }
}
