using Hyperlight.Layouts;

namespace Hyperlight.Image.Tests.Layouts;

public sealed class MemoryMapTests
{
    private const ulong WorkedExampleCodeSize = 0x1F123;
    private readonly List<Finding> _findings = [];

    /// <summary>Compares with the map of the amd64 sheet, section 2.6. The addresses behind the image include the page of zeros.</summary>
    [Fact]
    public void The_worked_example_of_amd64_lies_where_the_sheet_says()
    {
        MemoryMap map = Create(GuestLayouts.Amd64V16, new());

        Assert.Equal((0x1000UL, 0x20000UL), (map.Image.Gva.Value, map.Image.Size));
        Assert.Equal((0x21000UL, 0x1000UL), (map.Peb.Gva.Value, map.Peb.Size));
        Assert.Equal((0x22000UL, 0x20000UL), (map.Heap.Gva.Value, map.Heap.Size));
        Assert.Equal(0x42000UL, map.InitData.Gva.Value);
        Assert.Equal(0xF_FFFB_8000UL, map.Scratch.Gpa.Value);
        Assert.Equal(0xFFFF_FFFF_FFFB_7000UL, map.Scratch.Gva.Value);
        Assert.Equal(0xFFFF_FFFF_FFFB_B000UL, map.OutputBuffer.Value);
        Assert.Equal(0x8000UL, map.PageTablesScratchOffset);
        Assert.Equal(0xF_FFFC_0000UL, map.PageTables.Gpa.Value);
        Assert.Equal(0x7000UL, map.PageTables.Size);
        Assert.Equal(0xF_FFFC_7000UL, map.FirstFreePage.Value);
        Assert.Equal(0xFFFF_FFFF_FFFF_EFC8UL, map.Layout.InitialStackPointer.Value);
    }

    /// <summary>Only the base address differs (amd64 sheet, sections 0 and 11.1).</summary>
    [Fact]
    public void The_worked_example_lies_three_pages_higher_in_the_layout_after_0_16()
    {
        MemoryMap map = Create(GuestLayouts.Amd64V17, new());

        Assert.Equal((0x4000UL, 0x20000UL), (map.Image.Gva.Value, map.Image.Size));
        Assert.Equal(0x24000UL, map.Peb.Gva.Value);
        Assert.Equal(0x25000UL, map.Heap.Gva.Value);
        Assert.Equal(0x45000UL, map.InitData.Gva.Value);
        Assert.Equal(0xF_FFFB_8000UL, map.Scratch.Gpa.Value);
        Assert.Equal((0xF_FFFC_0000UL, 0x7000UL), (map.PageTables.Gpa.Value, map.PageTables.Size));
        Assert.Equal(0x3_FFFF_C000UL, map.Layout.MaxRegionSize);
        Assert.Equal(0xFFFF_FFFF_FFFF_EFC8UL, map.Layout.InitialStackPointer.Value);
    }

    [Fact]
    public void A_paged_layout_stores_one_page_for_the_whole_heap()
    {
        MemoryMap map = Create(GuestLayouts.Amd64V16, new() { HeapSize = 64 << 20, InitDataSize = 5 }, storedImageSize: 0x3000);

        Assert.Equal(0x1000UL, map.Heap.StoredSize);
        Assert.Equal(64UL << 20, map.Heap.Size);
        Assert.Equal(0x3000UL + 0x1000 + 0x1000 + 0x1000, map.SnapshotSize);
        Assert.Equal(map.SnapshotSize, map.PageTables.BlobOffset);
        Assert.Equal(map.Heap.Gpa + 0x1000, map.InitData.Gpa);
        Assert.Equal(map.Heap.Gva + map.Heap.Size, map.InitData.Gva);
    }

    /// <summary>Compares with profile A in the i686 sheet, section 2.3, "Default-size worked example".</summary>
    [Fact]
    public void The_worked_example_of_i686_lies_where_the_sheet_says()
    {
        MemoryMap map = Create(GuestLayouts.I686V13, new());

        Assert.Equal(0xFFFB_8000UL, map.Scratch.Gpa.Value);
        Assert.Equal(0xFFFB_8000UL, map.Scratch.Gva.Value);
        Assert.Equal(0xFFFB_8000UL, map.InputBuffer.Value);
        Assert.Equal(0xFFFB_C000UL, map.OutputBuffer.Value);
        Assert.Equal(0xFFFC_0000UL, map.FirstFreePage.Value);
        Assert.Equal(0xFFFF_FFD8UL, map.Layout.InitialStackPointer.Value);
        Assert.Equal(0UL, map.PageTables.Size);
        Assert.Equal(0UL, map.Image.Gpa.Value);
        Assert.Equal(0x20000UL, map.Peb.Gpa.Value);
    }

    /// <summary>Compares with profile B in the i686 sheet, section 2.3, "Default-size worked example".</summary>
    [Fact]
    public void The_worked_example_of_paged_i686_lies_where_the_sheet_says()
    {
        MemoryMap map = Create(GuestLayouts.I686V15, new());

        Assert.Equal(0xFEDB_8000UL, map.Scratch.Gpa.Value);
        Assert.Equal(0xFFFB_8000UL, map.Scratch.Gva.Value);
        Assert.Equal(0xFFFB_8000UL, map.InputBuffer.Value);
        Assert.Equal(0xFFFB_C000UL, map.OutputBuffer.Value);
        Assert.Equal((0xFEDC_0000UL, 0x3000UL), (map.PageTables.Gpa.Value, map.PageTables.Size));
        Assert.Equal(0xFEDC_3000UL, map.FirstFreePage.Value);
        Assert.Equal(0xFFFF_FFC8UL, map.Layout.InitialStackPointer.Value);
        Assert.Equal(0x1000UL, map.Image.Gva.Value);
    }

    [Fact]
    public void An_identity_layout_stores_every_page_at_its_own_address()
    {
        MemoryMap map = Create(GuestLayouts.I686V13, new() { HeapSize = 1 << 20, InitDataSize = 0x1001 });

        Assert.All(map.Regions, region => Assert.Equal(region.Gpa.Value, region.Gva.Value));
        Assert.All(map.Regions.Where(region => region.Name != "scratch"), region => Assert.Equal(region.Gpa.Value, region.BlobOffset));
        Assert.Equal(map.InitData.Gpa.Value + 0x2000, map.BlobSize);
    }

    [Theory]
    [InlineData(0x20000, 7)] // 7 pages below 2 MiB (amd64 sheet, section 2.4)
    [InlineData(0x1DE000, 7)] // The end is exactly at 2 MiB.
    [InlineData(0x1DF000, 8)] // One more page needs one more table.
    [InlineData(64 << 20, 39)]
    public void Page_tables_grow_by_a_page_for_each_2_MiB(ulong heapSize, int pages)
    {
        MemoryMap map = Create(GuestLayouts.Amd64V16, new() { HeapSize = heapSize });

        Assert.Equal((ulong)pages * GuestLayout.PageSize, map.PageTables.Size);
    }

    [Theory]
    [InlineData(0x20000, 0x48000, 3)] // the root, one table below, one table for scratch (i686 sheet, section 2.5)
    [InlineData(0x3DF000 - 0x1000, 0x48000, 3)] // The end is exactly at 4 MiB.
    [InlineData(0x3DF000, 0x48000, 4)]
    [InlineData(64 << 20, 0x48000, 19)]
    [InlineData(0x20000, 0x40_0000, 3)] // Scratch begins exactly 4 MiB below the top.
    [InlineData(0x20000, 0x40_1000, 4)]
    [InlineData(0xFEC0_0000, 0x130_0000, 1 + 1020 + 5 - 1)] // The end of the heap and the start of scratch share a table.
    public void Two_level_page_tables_grow_by_a_page_for_each_4_MiB(ulong heapSize, ulong scratchSize, int pages)
    {
        MemoryMap map = Create(GuestLayouts.I686V15, new() { HeapSize = heapSize, ScratchSize = scratchSize });

        Assert.Equal((ulong)pages * GuestLayout.PageSize, map.PageTables.Size);
    }

    /// <summary>
    /// Upstream does not check this case (i686 sheet, section 2.4 (D)). The physical addresses of scratch are 0x120_0000 below its virtual
    /// ones.
    /// </summary>
    [Fact]
    public void Init_data_over_the_physical_addresses_of_scratch_is_refused()
    {
        Create(GuestLayouts.I686V15, new() { InitDataSize = 0x7F00_0000, ScratchSize = 0x7F00_0000 });

        Refuse(GuestLayouts.I686V15, new() { InitDataSize = 0x7F80_0000, ScratchSize = 0x8000_0000 }, Rules.RegionOverlap);
        Assert.Contains("physical addresses 0x1000-", _findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_region_is_page_aligned_and_no_two_overlap()
    {
        foreach (GuestLayout layout in GuestLayouts.All)
        {
            MemoryMap map = Create(
                layout, new() { HeapSize = 0x12345, InitDataSize = 77, InputBufferSize = 0x2001, OutputBufferSize = 0x3003 });
            foreach (MemoryRegion region in map.Regions)
            {
                Assert.Equal(
                    0UL,
                    (region.Gpa.Value | region.Gva.Value | region.Size | region.BlobOffset | region.StoredSize) % GuestLayout.PageSize);
            }

            MemoryRegion[] inOrder = [.. map.Regions.Where(region => region.Name != "page-tables").OrderBy(region => region.Gva.Value)];
            Assert.All(inOrder.Zip(inOrder.Skip(1)), pair => Assert.True(pair.First.Gva.Value + pair.First.Size <= pair.Second.Gva.Value));
        }
    }

    [Fact]
    public void A_guest_may_write_the_snapshot_region_only_in_the_identity_layout()
    {
        Assert.Equal("r-x", GuestLayouts.Amd64V16.SnapshotPermissions.ToText());
        Assert.Equal("rwx", GuestLayouts.I686V13.SnapshotPermissions.ToText());
        Assert.True(GuestLayouts.I686V13.SnapshotIsPrivate);
        Assert.False(GuestLayouts.Amd64V16.SnapshotIsPrivate);
    }

    [Theory]
    [InlineData("amd64-0.16", false, "rw-", "rw-")]
    [InlineData("amd64-0.16", true, "rwx", "rw-")]
    [InlineData("i686-0.13", false, "rwx", "rwx")]
    [InlineData("i686-0.13", true, "rwx", "rwx")]
    [InlineData("i686-0.15", false, "rwx", "rwx")] // Its page tables cannot forbid executing.
    public void Heap_and_init_data_have_the_permissions_asked_for_where_page_tables_can_give_them(
        string layout, bool executableHeap, string heap, string initData)
    {
        MemoryMap map = Create(GuestLayouts.Find(layout)!, new()
        {
            ExecutableHeap = executableHeap,
            InitDataSize = 1,
            InitDataPermissions = MemoryPermissions.Read | MemoryPermissions.Write,
        });

        Assert.Equal((heap, initData), (map.Heap.Guest.ToText(), map.InitData.Guest.ToText()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(6)]
    [InlineData(9)]
    public void Init_data_that_could_not_be_read_is_refused(int permissions) =>
        Refuse(GuestLayouts.Amd64V16, new() { InitDataPermissions = (MemoryPermissions)permissions }, Rules.BadPermissions);

    [Theory]
    [InlineData("amd64-0.16", 0x14000 + 0x7000)] // buffers, 12 pages, page tables (amd64 sheet, section 2.4)
    [InlineData("amd64-0.17", 0x14000 + 0x7000)]
    [InlineData("i686-0.15", 0x14000 + 0x3000)] // buffers, 12 pages, page tables (i686 sheet, section 2.4)
    [InlineData("i686-0.13", 0x8000 + 0x2000)] // buffers and 2 pages (i686 sheet, section 2.4 (D))
    public void Scratch_may_be_as_small_as_the_sheet_says_and_no_smaller(string layout, ulong minimum)
    {
        Create(GuestLayouts.Find(layout)!, new() { ScratchSize = minimum });

        Refuse(GuestLayouts.Find(layout)!, new() { ScratchSize = minimum - 0x1000 }, Rules.ScratchTooSmall);
        Assert.Contains($"0x{minimum:X}", _findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_heap_whose_page_tables_do_not_fit_the_scratch_region_is_refused() =>
        Refuse(GuestLayouts.Amd64V16, new() { HeapSize = 512 << 20 }, Rules.ScratchTooSmall);

    /// <summary>The largest scratch region that does not cover the local APIC has 18 MiB less a page (i686 sheet, section 6.3).</summary>
    [Fact]
    public void Scratch_over_the_local_apic_is_refused_and_just_beside_it_is_not()
    {
        Create(GuestLayouts.I686V13, new() { ScratchSize = 0x011F_F000 });

        Refuse(GuestLayouts.I686V13, new() { ScratchSize = 0x0120_0000 }, Rules.ReservedRange);
        Assert.Contains("0xFEE00000-0xFEE00FFF", _findings[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amd64-0.16")]
    [InlineData("amd64-0.17")]
    public void With_interrupts_an_amd64_guest_keeps_clear_of_the_interrupt_controllers_too(string layout)
    {
        GuestSizes sizes = new() { HeapSize = 0xFF00_0000, ScratchSize = 0x1_0000_0000 };
        GuestLayout profile = GuestLayouts.Find(layout)!;
        Assert.Empty(Create(profile, sizes).ReservedRanges);

        Refuse(profile, sizes with { HardwareInterrupts = true }, Rules.ReservedRange);
        Assert.Contains(
            "the IOAPIC (0xFEC00000-0xFEC00FFF), the local APIC (0xFEE00000-0xFEE00FFF)",
            Assert.Single(_findings).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amd64-0.16", 16UL << 30)]
    [InlineData("amd64-0.17", (16UL << 30) - 0x3000)]
    [InlineData("i686-0.13", (1UL << 30) + 1)]
    [InlineData("i686-0.15", 0xFEDF_F001)]
    [InlineData("amd64-0.16", ulong.MaxValue)]
    [InlineData("i686-0.15", ulong.MaxValue)]
    [InlineData("i686-0.13", ulong.MaxValue)]
    public void More_memory_than_the_layout_allows_is_refused_whichever_part_asks_for_it(string layout, ulong size)
    {
        GuestLayout profile = GuestLayouts.Find(layout)!;
        foreach (GuestSizes sizes in new GuestSizes[]
        {
            new() { HeapSize = size },
            new() { ScratchSize = size },
            new() { InputBufferSize = size },
            new() { OutputBufferSize = size },
            new() { InitDataSize = size },
        })
        {
            Refuse(profile, sizes, Rules.MemoryTooLarge);
        }

        Assert.Null(MemoryMap.TryCreate(profile, new(), size, null, _findings));
    }

    [Fact]
    public void Parts_that_fit_alone_but_not_together_are_refused() =>
        Refuse(GuestLayouts.I686V13, new() { HeapSize = (1UL << 30) - 0x1000 }, Rules.MemoryTooLarge);

    [Fact]
    public void Buffers_below_the_least_size_are_refused_together()
    {
        Assert.Null(
            MemoryMap.TryCreate(GuestLayouts.Amd64V16, new() { InputBufferSize = 0x1FFF, OutputBufferSize = 0 }, 1, null, _findings));

        Assert.Equal([Rules.BufferTooSmall, Rules.BufferTooSmall], _findings.Select(finding => finding.Rule));
    }

    [Fact]
    public void A_scratch_size_that_is_not_a_multiple_of_the_page_size_is_refused() =>
        Refuse(GuestLayouts.Amd64V16, new() { ScratchSize = 0x48001 }, Rules.SizeNotPageAligned);

    private MemoryMap Create(GuestLayout layout, GuestSizes sizes, ulong? storedImageSize = null)
    {
        MemoryMap? map = MemoryMap.TryCreate(layout, sizes, WorkedExampleCodeSize, storedImageSize, _findings);
        Assert.Empty(_findings);
        return map!;
    }

    private void Refuse(GuestLayout layout, GuestSizes sizes, DiagnosticRule rule)
    {
        _findings.Clear();
        Assert.Null(MemoryMap.TryCreate(layout, sizes, WorkedExampleCodeSize, null, _findings));
        Assert.Contains(rule, _findings.Select(finding => finding.Rule));
    }
}
