using Hyperlight.Baking;
using Hyperlight.Elf;
using Hyperlight.Images;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Baking;

/// <summary>
/// Tests that a moved guest keeps its addresses modulo its alignment. Upstream moves a guest by one page, so the images are alike up to the
/// alignment of a page.
/// </summary>
public sealed class AlignmentTests
{
    private const ElfSegmentFlags Data = ElfSegmentFlags.Read | ElfSegmentFlags.Write;

    [Theory]
    [InlineData(0x10, 0x1000)]
    [InlineData(0x1000, 0x1000)]
    [InlineData(0x2000, 0x2000)]
    [InlineData(0x20_0000, 0x20_0000)]
    public void A_position_independent_guest_moves_by_a_multiple_of_its_alignment(ulong alignment, ulong start)
    {
        TestElf elf = TestElf.Amd64().WithSegment(0x40_0000, Data, [1, 2, 3], alignment: alignment).WithRela(0x2008, 0x40_0000);
        BakedImage image = Bake(elf);
        BakedMemory memory = new(image);

        Assert.Equal(start + TestElf.DefaultEntry, image.Config.EntryPoint);
        Assert.Equal([1, 2, 3], memory.Read(start + 0x40_0000, 3));
        Assert.Equal(start + 0x40_0000, memory.ReadUInt64(start + 0x2008));
        Assert.Equal(0UL, (start + 0x40_0000) % alignment);

        // The regions of the image start where those of every image do.
        Assert.Equal(0x1000UL, image.Config.Regions[0].Gva.Value);
    }

    [Theory]
    [InlineData(0, 0x2000, 0x2000)]
    [InlineData(0x1000, 0x2000, 0x1000)]      // not moved
    [InlineData(0x10_0000, 0x20_0000, 0x10_0000)]
    [InlineData(0, 0x1000, 0x1000)]
    public void A_position_independent_32_bit_guest_moves_to_the_lowest_address_of_its_alignment(ulong linked, ulong alignment, ulong start)
    {
        TestElf elf = TestElf.I686At(linked).WithType(ElfType.PositionIndependent)
            .WithSegment(linked + 0x40_0000, Data, [1], alignment: alignment);

        BakedImage image = Bake(elf);

        Assert.Equal(("i686-flat", start), (image.Config.Layout, image.Config.Regions[0].Gpa.Value));
        Assert.Equal(start + TestElf.DefaultEntry, image.Config.EntryPoint);
    }

    [Fact]
    public void An_alignment_that_the_layout_has_no_room_for_is_HL1009()
    {
        List<Finding> findings = [];

        // The segment contains the headers, so that file offset and address agree at 0.
        ElfSegment everything = new(0, ElfSegmentType.Load, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, 0, 0, 0x78, 0x78, 1UL << 40);
        Assert.Null(GuestBaker.Bake(
            new() { GuestName = "wide", Guest = TestElf.Amd64().WithoutSegments().WithProgramHeader(everything).Build() }, findings));

        Assert.Equal([Rules.SegmentAlignment], findings.Select(finding => finding.Rule));
        Assert.Contains("the alignment alone would take", findings[0].Message, StringComparison.Ordinal);
    }

    private static BakedImage Bake(TestElf elf)
    {
        List<Finding> findings = [];
        BakedImage? image = GuestBaker.Bake(
            new() { GuestName = "aligned", Guest = elf.Build(), Sizes = new() { ScratchSize = 0x100000 } }, findings);
        Assert.Empty(findings);
        return image!;
    }
}
