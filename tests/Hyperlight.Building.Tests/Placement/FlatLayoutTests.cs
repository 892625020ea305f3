using Hyperlight.Baking;
using Hyperlight.Building.Tests.Baking;
using Hyperlight.Elf;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Placement;

/// <summary>
/// Tests each rule of the layout for 32-bit guests that fit no upstream layout (docs/layouts.md), from the ELF file to the memory map.
/// </summary>
public sealed class FlatLayoutTests
{
    private const ulong Linked = 0x10_0000;
    private const ElfSegmentFlags Code = ElfSegmentFlags.Read | ElfSegmentFlags.Execute;

    private readonly List<Finding> _findings = [];

    private string[] Codes => [.. _findings.Select(finding => finding.Rule.Code)];

    [Fact]
    public void Image_PEB_heap_and_init_data_follow_each_other_from_the_link_address()
    {
        MemoryMap map = Map(new() { HeapSize = 0x20000, InitDataSize = 5 }, codeSize: 0x2345);

        Assert.Equal((Linked, 0x3000UL), (map.Image.Gpa.Value, map.Image.Size));
        Assert.Equal(Linked + 0x3000, map.Peb.Gpa.Value);
        Assert.Equal(Linked + 0x4000, map.Heap.Gpa.Value);
        Assert.Equal(Linked + 0x24000, map.InitData.Gpa.Value);
        Assert.Equal(0x25000UL, map.BlobSize);
        Assert.All(map.Regions, region => Assert.Equal(region.Gpa.Value, region.Gva.Value));
        Assert.All(
            map.Regions.Where(region => region.Name != "scratch"), region => Assert.Equal(region.Gpa.Value - Linked, region.BlobOffset));
    }

    /// <summary>Scratch is that of the identity layout (i686 sheet, section 2.3, "Default-size worked example", profile A).</summary>
    [Fact]
    public void Scratch_its_words_and_the_first_stack_pointer_are_those_of_the_identity_layout()
    {
        MemoryMap map = Map(new());
        MemoryMap identity = MemoryMap.TryCreate(GuestLayouts.I686V13, new(), 0x2345, null, _findings)!;

        Assert.Equal(identity.Scratch, map.Scratch);
        Assert.Equal(
            (0xFFFB_8000UL, 0xFFFB_C000UL, 0xFFFC_0000UL), (map.InputBuffer.Value, map.OutputBuffer.Value, map.FirstFreePage.Value));
        Assert.Equal(0xFFFF_FFD8UL, map.Layout.InitialStackPointer.Value);
        Assert.False(map.Layout.HasPageTableWords);
    }

    [Fact]
    public void Every_sandbox_writes_to_a_private_copy_of_the_snapshot_region()
    {
        Assert.True(GuestLayouts.I686Flat.SnapshotIsPrivate);
        Assert.Equal("rwx", Map(new()).Image.Host.ToText());
    }

    [Theory]
    [InlineData(0x0)]
    [InlineData(0x3F)]
    public void The_entry_may_be_anywhere_in_code_of_any_address(ulong offset)
    {
        BakedImage image = Bake(TestElf.I686At(Linked).WithEntry(Linked + offset));

        Assert.Equal(Linked + offset, image.Config.EntryPoint);
        Assert.Equal(0xC010_0020UL, Bake(TestElf.I686At(0xC010_0000).WithEntry(0xC010_0020)).Config.EntryPoint);
    }

    [Theory]
    [InlineData(Linked + 0x40)]
    [InlineData(Linked + 0x2000)]
    [InlineData(0x10)]
    public void An_entry_outside_of_code_is_HL1010(ulong entry) => Refuse(TestElf.I686At(Linked).WithEntry(entry), "HL1010");

    [Theory]
    [InlineData(0x10)]
    [InlineData(0xFFC)]
    [InlineData(0x10_0010)]
    public void A_first_segment_that_does_not_start_a_page_from_0x1000_on_is_HL2010(ulong address) =>
        Refuse(
            TestElf.I686At(Linked).WithoutSegments().WithSegment(address, Code, new byte[0x20], alignment: 4).WithEntry(address),
            "HL2010");

    [Theory]
    [InlineData(0x800)]
    [InlineData(0x1010)]
    [InlineData(0x10_0010)]
    public void A_fixed_guest_off_its_page_is_not_sent_to_0x1000_where_it_would_be_of_another_layout(ulong address)
    {
        Refuse(
            TestElf.I686At(Linked).WithoutSegments().WithSegment(address, Code, new byte[0x20], alignment: 4).WithEntry(address),
            "HL2010");

        Assert.Contains("a multiple of 0x1000 above 0x1000, for example 0x100000:", _findings[^1].Message, StringComparison.Ordinal);
        Assert.Contains(
            "(-Wl,-Ttext-segment=0x100000 with GNU ld, -Wl,--image-base=0x100000 with lld or mold, ",
            _findings[^1].Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Segments_may_lie_anywhere_behind_the_first_as_long_as_all_fit_1_GiB()
    {
        Bake(TestElf.I686At(Linked).WithSegment(0x3000_0000, Code, [0xF4]));
        Refuse(TestElf.I686At(Linked).WithSegment(Linked + 0x4000_0000, Code, [0xF4]), "HL2005");
    }

    [Theory]
    [InlineData(0xFFFB_0000, "HL2004")] // overlaps scratch
    [InlineData(0xFFFF_8000, "HL2005")] // exceeds 4 GiB
    [InlineData(0xFEBF_0000, "HL2009")] // overlaps the IOAPIC
    [InlineData(0xFEC0_0000, "HL2009")]
    [InlineData(0xFEDF_0000, "HL2009")] // overlaps the pages of the hypervisor and of the local APIC
    [InlineData(0xFEE0_0000, "HL2009")]
    public void A_guest_linked_where_something_else_is_is_refused(ulong address, string code)
    {
        Refuse(TestElf.I686At(address), code);
        Assert.Contains("link the guest elsewhere", _findings[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_between_the_devices_pages_is_valid() => Bake(TestElf.I686At(0xFEC0_1000));

    [Theory]
    [InlineData(0x011F_F000, null)]
    [InlineData(0x0120_0000, "HL2009")] // overlaps the local APIC (i686 sheet, section 6.3)
    [InlineData(0xA000, null)]
    [InlineData(0x9000, "HL2007")] // less than the buffers and two pages (i686 sheet, section 2.4 (D))
    public void Scratch_has_the_bounds_of_the_identity_layout(ulong size, string? code)
    {
        MemoryMap.TryCreate(GuestLayouts.I686Flat.PlacedAt(new(Linked)), new() { ScratchSize = size }, 0x2345, null, _findings);

        Assert.Equal(code is null ? [] : [code], Codes.Distinct());
    }

    [Fact]
    public void The_image_stores_what_is_not_zero_at_its_own_place_and_records_where_it_goes()
    {
        BakedImage image = Bake(TestElf.I686At(Linked), new() { HeapSize = 512 << 20 });

        Assert.Equal("constants"u8, new BakedMemory(image).Read(Linked + 0x1000, 9));
        Assert.Equal(Linked, image.Config.Regions[0].Gpa.Value);
        Assert.True(image.StoredSize <= 6 * 0x1000, $"{image.StoredSize} bytes are stored");
    }

    [Fact]
    public void An_image_is_read_back_with_its_address()
    {
        using TemporaryDirectory root = new();
        ImageWriter.Write(root.Path, Bake(TestElf.I686At(Linked)));

        using GuestImage image = GuestImage.Open(root.Path);

        Assert.Equal(("i686-flat", Linked, Linked + 0x10), (image.Layout.Id, image.Map.Image.Gpa.Value, image.EntryPoint.Value));
    }

    [Theory]
    [InlineData(0x0)]
    [InlineData(0x10_0001)]
    [InlineData(0x1_0000_0000)]
    [InlineData(0xFFFF_FFFF_FFFF_F000)]
    [InlineData(0xFEE0_0000)]
    [InlineData(0xFFFB_0000)]
    public void An_image_whose_address_is_no_place_for_a_guest_is_HL3005(ulong address) => RefuseImageAt(address, shift: 0);

    [Theory]
    [InlineData(0x0)]
    [InlineData(0xFEC0_0000)]
    [InlineData(0xFFFF_FFFF_FFFF_F000)]
    public void An_image_that_was_moved_as_a_whole_is_HL3005_where_it_cannot_be(ulong address) =>
        RefuseImageAt(address, shift: unchecked(address - Linked));

    private static void RefuseImageAt(ulong address, ulong shift)
    {
        BakedImage image = Bake(TestElf.I686At(Linked));
        MemoryRegion[] regions =
        [
            .. image.Config.Regions.Select(region => region.Name == "scratch" ? region : region with
            {
                Gpa = new(unchecked(region.Gpa.Value + shift)),
                Gva = new(unchecked(region.Gva.Value + shift)),
            }),
        ];
        regions[0] = regions[0] with { Gpa = new(address) };
        using TemporaryDirectory root = new();
        ImageWriter.Write(root.Path, new(image.Config with { Regions = [.. regions] }, image.Pieces));

        HyperlightException failure = Assert.Throws<HyperlightException>(() => GuestImage.Open(root.Path));

        Assert.Equal(Rules.ImageMapDiffers, failure.Finding!.Rule);
    }

    private MemoryMap Map(GuestSizes sizes, ulong codeSize = 0x2345)
    {
        MemoryMap? map = MemoryMap.TryCreate(GuestLayouts.I686Flat.PlacedAt(new(Linked)), sizes, codeSize, null, _findings);
        Assert.Empty(_findings);
        return map!;
    }

    private static BakedImage Bake(TestElf elf, GuestSizes? sizes = null)
    {
        List<Finding> findings = [];
        BakedImage? image = GuestBaker.Bake(new() { GuestName = "flat", Guest = elf.Build(), Sizes = sizes ?? new() }, findings);
        Assert.Empty(findings);
        return image!;
    }

    private void Refuse(TestElf elf, params string[] codes)
    {
        Assert.Null(GuestBaker.Bake(new() { GuestName = "flat", Guest = elf.Build() }, _findings));
        Assert.Equal(codes, Codes.Distinct().Order(StringComparer.Ordinal));
    }
}
