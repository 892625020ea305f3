using System.Security.Cryptography;
using Hyperlight.Baking;
using Hyperlight.Elf;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Baking;

public sealed class GuestBakerTests
{
    private const ulong ReadOnlyNx = 0x8000_0000_0000_0061;
    private const ulong ReadOnlyX = 0x61;
    private const ulong CopyOnWriteNx = 0x8000_0000_0000_0261;
    private const ulong CopyOnWriteX = 0x261;
    private const ulong FlagsMask = 0x8000_0000_0000_0FFF;
    private const ulong Base = 0x1000;

    [Fact]
    public void Segments_are_placed_at_the_base_and_the_rest_of_their_pages_is_zero()
    {
        BakedMemory memory = new(Bake(TestElf.Amd64()));

        Assert.Equal(Enumerable.Repeat((byte)0xF4, 0x40), memory.Read(Base, 0x40));
        Assert.Equal(new byte[0xFC0], memory.Read(Base + 0x40, 0xFC0));
        Assert.Equal("constants"u8.ToArray(), memory.Read(Base + 0x1000, 9));
        Assert.Equal(new byte[0x1000], memory.Read(Base + 0x3000, 0x1000));
    }

    [Fact]
    public void Page_tables_allow_what_the_segments_say_and_no_more()
    {
        BakedImage image = Bake(TestElf.Amd64());
        BakedMemory memory = new(image);
        ulong peb = image.Config.Regions.Single(region => region.Name == "peb").Gva.Value;

        Assert.Equal(ReadOnlyX, memory.Entry(Base) & FlagsMask);
        Assert.Equal(ReadOnlyNx, memory.Entry(Base + 0x1000) & FlagsMask);
        Assert.Equal(CopyOnWriteNx, memory.Entry(Base + 0x2000) & FlagsMask);
        Assert.Equal(CopyOnWriteNx, memory.Entry(Base + 0x3000) & FlagsMask); // .bss
        Assert.Equal(ReadOnlyNx, memory.Entry(peb) & FlagsMask);
        Assert.Equal(CopyOnWriteNx, memory.Entry(peb + 0x1000) & FlagsMask); // heap
        Assert.Equal(0UL, memory.Entry(0)); // null guard
    }

    /// <summary>
    /// There is no no-execute bit (i686 sheet, section 2.5). The addresses are those of golden vector B1; zero pages share one page.
    /// </summary>
    [Fact]
    public void Two_level_page_tables_keep_code_and_constants_from_being_written()
    {
        BakedImage image = Bake(TestElf.I686().WithVersionNote("0.15.0").WithType(ElfType.PositionIndependent));
        BakedMemory memory = new(image);
        MemoryRegion heap = image.Config.Regions.Single(region => region.Name == "heap");
        ulong peb = image.Config.Regions.Single(region => region.Name == "peb").Gva.Value;

        Assert.Equal("i686-0.15", image.Config.Layout);
        Assert.Equal(
            (0x21UL, 0x21UL, 0x221UL),
            (memory.Entry(Base) & 0xFFF, memory.Entry(Base + 0x1000) & 0xFFF, memory.Entry(Base + 0x2000) & 0xFFF));
        Assert.Equal((0x21UL, 0UL), (memory.Entry(peb) & 0xFFF, memory.Entry(0)));
        Assert.Equal(
            (heap.Gpa.Value | 0x221, heap.Gpa.Value | 0x221),
            (memory.Entry(heap.Gva.Value), memory.Entry(heap.Gva.Value + heap.Size - 0x1000)));
        Assert.Equal(Enumerable.Repeat((byte)0xF4, 0x40), memory.Read(Base, 0x40));
    }

    /// <summary>In the paged layout nothing forbids executing init data (i686 sheet, section 2.5).</summary>
    [Theory]
    [InlineData("r", 0x021)]
    [InlineData("rx", 0x021)]
    [InlineData("rw", 0x221)]
    [InlineData("rwx", 0x221)]
    public void Two_level_page_tables_allow_on_init_data_what_was_asked_for(string text, ulong flags)
    {
        Assert.True(MemoryPermissionsText.TryParse(text, out MemoryPermissions permissions));
        BakedImage image = Bake(
            TestElf.I686At(Base),
            request => request with { InitData = Filled(0x1001), Sizes = new() { InitDataPermissions = permissions } });
        MemoryRegion region = image.Config.Regions.Single(region => region.Name == "init-data");

        Assert.Equal(flags, new BakedMemory(image).Entry(region.Gva.Value + 0x1000) & 0xFFF);
    }

    [Theory]
    [InlineData("r", ReadOnlyNx)]
    [InlineData("rw", CopyOnWriteNx)]
    [InlineData("rx", ReadOnlyX)]
    [InlineData("RWX", CopyOnWriteX)]
    public void Page_tables_allow_on_init_data_what_was_asked_for(string text, ulong flags)
    {
        Assert.True(MemoryPermissionsText.TryParse(text, out MemoryPermissions permissions));
        BakedImage image = Bake(
            TestElf.Amd64(), request => request with { InitData = Filled(0x1001), Sizes = new() { InitDataPermissions = permissions } });
        MemoryRegion region = image.Config.Regions.Single(region => region.Name == "init-data");
        BakedMemory memory = new(image);

        Assert.Equal(permissions, region.Guest);
        Assert.Equal((flags, flags), (memory.Entry(region.Gva.Value) & FlagsMask, memory.Entry(region.Gva.Value + 0x1000) & FlagsMask));
    }

    [Fact]
    public void An_executable_heap_is_copy_on_write_all_the_same()
    {
        BakedImage image = Bake(TestElf.Amd64(), request => request with { Sizes = new() { ExecutableHeap = true } });
        MemoryRegion heap = image.Config.Regions.Single(region => region.Name == "heap");
        BakedMemory memory = new(image);

        Assert.Equal("rwx", heap.Guest.ToText());
        Assert.Equal(
            (CopyOnWriteX, CopyOnWriteX),
            (memory.Entry(heap.Gva.Value) & FlagsMask, memory.Entry(heap.Gva.Value + heap.Size - 0x1000) & FlagsMask));
        Assert.Equal(ReadOnlyNx, memory.Entry(heap.Gva.Value - 0x1000) & FlagsMask); // PEB
    }

    [Theory]
    [InlineData("")]
    [InlineData("w")]
    [InlineData("r-x")]
    [InlineData("xr")]
    [InlineData("rr")]
    [InlineData("r ")]
    public void Other_texts_are_no_permissions(string text) => Assert.False(MemoryPermissionsText.TryParse(text, out _));

    [Fact]
    public void Upstreams_permissions_make_the_whole_image_executable_and_copy_on_write()
    {
        BakedMemory memory = new(Bake(TestElf.Amd64(), request => request with { Permissions = SegmentPermissions.Upstream }));

        for (ulong page = Base; page < Base + 0x4000; page += 0x1000)
        {
            Assert.Equal(CopyOnWriteX, memory.Entry(page) & FlagsMask);
        }
    }

    [Fact]
    public void A_page_that_code_and_data_share_gets_the_permissions_of_both()
    {
        BakedMemory memory = new(Bake(TestElf.Amd64().WithoutSegments()
            .WithSegment(0, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, Filled(0x40))
            .WithSegment(0x40, ElfSegmentFlags.Read, Filled(0x40), alignment: 0x40)
            .WithSegment(0x80, ElfSegmentFlags.Read | ElfSegmentFlags.Write, Filled(0x1000), alignment: 0x80)));

        Assert.Equal(CopyOnWriteX, memory.Entry(Base) & FlagsMask);
        Assert.Equal(CopyOnWriteNx, memory.Entry(Base + 0x1000) & FlagsMask);
    }

    [Fact]
    public void A_gap_between_segments_is_zero_and_not_executable()
    {
        BakedMemory memory = new(Bake(TestElf.Amd64().WithoutSegments()
            .WithSegment(0, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, Filled(0x40))
            .WithSegment(0x5000, ElfSegmentFlags.Read, Filled(0x40))));

        Assert.Equal(CopyOnWriteNx, memory.Entry(Base + 0x3000) & FlagsMask);
        Assert.Equal(new byte[0x1000], memory.Read(Base + 0x3000, 0x1000));
    }

    [Theory]
    [InlineData(nameof(SegmentPermissions.Segments))]
    [InlineData(nameof(SegmentPermissions.Upstream))]
    public void No_page_is_directly_writable_and_executable(string permissionsName)
    {
        SegmentPermissions permissions = Enum.Parse<SegmentPermissions>(permissionsName);
        BakedImage image = Bake(
            TestElf.Amd64().WithSegment(0x4000, ElfSegmentFlags.Read | ElfSegmentFlags.Write | ElfSegmentFlags.Execute, Filled(8)),
            request => request with { Permissions = permissions });
        BakedMemory memory = new(image);

        foreach (MemoryRegion region in image.Config.Regions)
        {
            for (ulong page = region.Gva.Value; page != region.Gva.Value + region.Size; page += 0x1000)
            {
                ulong entry = memory.Entry(page);
                Assert.False((entry & 2) != 0 && entry >> 63 == 0, $"page 0x{page:X} has entry 0x{entry:X}");
            }
        }
    }

    [Fact]
    public void Zero_pages_of_image_and_heap_are_one_stored_page()
    {
        BakedImage small = Bake(TestElf.Amd64(), request => request with { Sizes = new() { HeapSize = 0x1000 } });
        BakedImage large = Bake(TestElf.Amd64(), request => request with { Sizes = new() { HeapSize = 32 << 20 } });
        BakedMemory memory = new(large);
        MemoryRegion heap = large.Config.Regions.Single(region => region.Name == "heap");

        Assert.Equal(heap.Gpa.Value, memory.Entry(heap.Gva.Value) & ~FlagsMask);
        Assert.Equal(heap.Gpa.Value, memory.Entry(heap.Gva.Value + heap.Size - 0x1000) & ~FlagsMask);
        Assert.Equal(heap.Gpa.Value, memory.Entry(Base + 0x3000) & ~FlagsMask); // .bss
        Assert.Equal(new byte[0x1000], memory.Read(heap.Gva.Value, 0x1000));
        Assert.Equal(16UL * 0x1000, large.Config.MemorySize - small.Config.MemorySize); // Only page tables are added, one for each 2 MiB.
    }

    [Fact]
    public void A_relocation_with_addend_becomes_base_plus_addend()
    {
        BakedMemory memory = new(Bake(TestElf.Amd64().WithRela(0x2008, addend: 0x1234).WithRela(0x2010, addend: -1)));

        Assert.Equal(0x2234UL, memory.ReadUInt64(Base + 0x2008));
        Assert.Equal(0xFFFUL, memory.ReadUInt64(Base + 0x2010));
    }

    [Fact]
    public void A_relocation_without_addend_adds_to_the_word_that_is_there()
    {
        byte[] data = new byte[0x40];
        data[8] = 0x77;
        data[0x10] = 0x78;
        BakedMemory memory = new(Bake(TestElf.Amd64()
            .WithSegment(0x4000, ElfSegmentFlags.Read | ElfSegmentFlags.Write, data).WithRel(0x4008).WithRelr(0x4010)));

        Assert.Equal(0x1077UL, memory.ReadUInt64(Base + 0x4008));
        Assert.Equal(0x1078UL, memory.ReadUInt64(Base + 0x4010));
    }

    [Fact]
    public void A_guest_linked_above_zero_is_moved_to_the_base()
    {
        BakedImage image = Bake(TestElf.Amd64().WithoutSegments().WithEntry(0x400010)
            .WithSegment(0x400000, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, Filled(0x40))
            .WithSegment(0x401000, ElfSegmentFlags.Read | ElfSegmentFlags.Write, Filled(0x40)).WithRela(0x401000, 0x400020));

        Assert.Equal(0x1010UL, image.Config.EntryPoint);
        Assert.Equal(0x1020UL, new BakedMemory(image).ReadUInt64(0x2000));
    }

    [Fact]
    public void An_identity_image_has_everything_at_its_own_address_and_stores_no_heap()
    {
        BakedImage image = Bake(TestElf.I686(), request => request with { Sizes = new() { HeapSize = 512 << 20 }, InitData = Filled(5) });

        Assert.Equal(0x10UL, image.Config.EntryPoint);
        Assert.True(image.Config.MemorySize > 512 << 20);
        Assert.True(image.StoredSize <= 6 * 0x1000, $"{image.StoredSize} bytes are stored");
    }

    [Fact]
    public void Init_data_is_where_the_peb_says()
    {
        BakedImage image = Bake(TestElf.Amd64(), request => request with { InitData = Filled(0x1801) });
        BakedMemory memory = new(image);
        ulong peb = image.Config.Regions.Single(region => region.Name == "peb").Gva.Value;

        Assert.Equal(0x1801UL, memory.ReadUInt64(peb + 0x20));
        ulong initData = memory.ReadUInt64(peb + 0x28);
        Assert.Equal(Filled(0x1801)[..0x1000], memory.Read(initData, 0x1000));
        Assert.Equal(Filled(0x1801)[0x1000..], memory.Read(initData + 0x1000, 0x801));
        Assert.Equal(ReadOnlyNx, memory.Entry(initData) & FlagsMask);
    }

    [Theory]
    [InlineData("amd64")]
    [InlineData("i686")]
    public void The_same_guest_gives_the_same_bytes(string architecture)
    {
        TestElf elf = (architecture == "amd64" ? TestElf.Amd64() : TestElf.I686()).WithBuildId(1, 2, 3);

        byte[][] hashes = [.. Enumerable.Range(0, 2).Select(_ => SHA256.HashData(new BakedMemory(Bake(elf)).Bytes))];

        Assert.Equal(hashes[0], hashes[1]);
        Assert.Equal("010203", Bake(elf).Config.GuestBuildId);
    }

    [Fact]
    public void All_findings_of_a_guest_come_in_one_run()
    {
        List<Finding> findings = [];

        BakedImage? image = GuestBaker.Bake(
            new()
            {
                GuestName = "bad",
                Guest = TestElf.Amd64().WithEntry(0x2000).WithInterpreter().WithNeeded("libc.so.6").WithTls(8).WithVersionNote("0.13.0")
                    .Build(),
                AssertedArchitecture = "i686",
                Sizes = new() { ScratchSize = 0x5000 },
            },
            findings);

        Assert.Null(image);
        Assert.Equal(
            ["HL1010", "HL1011", "HL1012", "HL1013", "HL2001", "HL2003", "HL2007"],
            findings.Select(finding => finding.Rule.Code).Order());
    }

    [Fact]
    public void A_warning_does_not_stop_the_bake()
    {
        List<Finding> findings = [];
        BakedImage? image = GuestBaker.Bake(
            new()
            {
                GuestName = "warned",
                Guest = TestElf.Amd64()
                    .WithSegment(0x4000, ElfSegmentFlags.Read | ElfSegmentFlags.Write | ElfSegmentFlags.Execute, Filled(8))
                    .Build(),
            },
            findings);

        Assert.NotNull(image);
        Assert.Equal([Rules.WritableCode], findings.Select(finding => finding.Rule));
    }

    [Fact]
    public void A_guest_that_claims_gigabytes_of_bss_costs_no_memory_to_bake()
    {
        TestElf elf = TestElf.Amd64().WithSegment(0x10000, ElfSegmentFlags.Read | ElfSegmentFlags.Write, Filled(8), memorySize: 4UL << 30);
        long before = GC.GetAllocatedBytesForCurrentThread();

        BakedImage image = Bake(elf, request => request with { Sizes = new() { ScratchSize = 64 << 20 } });

        Assert.True(image.Config.MemorySize < 16 << 20, $"the blob has {image.Config.MemorySize} bytes");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 64 << 20);
    }

    private static BakedImage Bake(TestElf elf, Func<BakeRequest, BakeRequest>? change = null)
    {
        BakeRequest request = new() { GuestName = "test", Guest = elf.Build() };
        List<Finding> findings = [];
        BakedImage? image = GuestBaker.Bake(change is null ? request : change(request), findings);
        Assert.DoesNotContain(findings, finding => finding.Rule.Severity == FindingSeverity.Error);
        return image!;
    }

    private static byte[] Filled(int size) => [.. Enumerable.Range(1, size).Select(i => (byte)(i | 1))];
}
