using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Validation;

public sealed class RelocationRulesTests
{
    // The addresses of the data segment in the default guests: 0x2000 to 0x37FF.
    private const ulong DataStart = 0x2000;
    private const ulong DataEnd = 0x3800;

    [Fact]
    public void Relative_relocations_of_every_table_are_valid()
    {
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithRela(DataStart, 0x10).WithRel(DataStart + 8).WithRelr(DataStart + 16)
            .WithJmprel(DataStart + 24, ElfRelocation.Relative)).Findings);
        Assert.Empty(GuestReport.OfI686(TestElf.I686().WithRela(DataStart, 0x10).WithRel(DataStart + 8).WithRelr(DataStart + 16)
            .WithJmprel(DataStart + 24, ElfRelocation.Relative)).Codes);
    }

    [Fact]
    public void A_relocation_that_does_nothing_is_valid_wherever_it_points() =>
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithRela(0xDEAD0000, 0, ElfRelocation.None)).Findings);

    [Fact]
    public void A_relocation_into_code_is_valid() =>
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithRela(TestElf.TextAddress + 8, 0)
            .WithDynamic(ElfDynamicTag.TextRelocations, 0)).Findings);

    [Theory]
    [InlineData(6, "R_X86_64_GLOB_DAT at 0x2008")]
    [InlineData(7, "R_X86_64_JUMP_SLOT at 0x2008")]
    [InlineData(37, "R_X86_64_IRELATIVE at 0x2008")]
    [InlineData(999, "of type 999 at 0x2008")]
    public void Any_other_64_bit_relocation_reports_HL1014_with_its_name(uint type, string shown)
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithRela(0x2008, 0, type, symbol: 1));

        Assert.Equal(["HL1014"], report.Codes);
        Assert.Contains(shown, report.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "R_386_32 at 0x2008")]
    [InlineData(7, "R_386_JMP_SLOT at 0x2008")]
    public void Any_other_32_bit_relocation_reports_HL1014_with_its_name(uint type, string shown)
    {
        GuestReport report = GuestReport.OfI686(TestElf.I686().WithJmprel(0x2008, type, symbol: 1));

        Assert.Equal(["HL1014"], report.Codes);
        Assert.Contains(shown, report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_unsupported_relocations_five_are_shown()
    {
        TestElf guest = TestElf.Amd64();
        for (ulong index = 0; index < 100; index++)
        {
            guest.WithRela(0x2000 + (8 * index), 0, type: 1);
        }

        GuestReport report = GuestReport.OfAmd64(guest);

        Assert.Equal(Enumerable.Repeat("HL1014", 6), report.Codes);
        Assert.Contains("and 95 more", report.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DataEnd - 8)]
    [InlineData(DataStart)]
    public void A_word_at_either_end_of_a_segment_is_valid(ulong offset) =>
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithRela(offset, 0)).Findings);

    [Theory]
    [InlineData(DataEnd - 7)]
    [InlineData(DataStart - 1)]
    [InlineData(0x1F00)]                // between two segments
    [InlineData(0xFFFFFFFFFFFFFFF9)]    // the sum overflows
    public void A_word_that_no_segment_has_whole_reports_HL1015(ulong offset)
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithRela(offset, 0));

        Assert.Equal(["HL1015"], report.Codes);
        Assert.Contains($"8 bytes at 0x{offset:X}", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_of_a_32_bit_guest_has_4_bytes()
    {
        Assert.Empty(GuestReport.OfI686(TestElf.I686().WithRel(DataEnd - 4)).Codes);
        Assert.Equal(["HL1015"], GuestReport.OfI686(TestElf.I686().WithRel(DataEnd - 3)).Codes);
    }

    [Fact]
    public void Packed_relocations_outside_of_the_segments_report_HL1015() =>
        Assert.Equal(["HL1015"], GuestReport.OfAmd64(TestElf.Amd64().WithRelr(DataEnd - 8, 0b11)).Codes);

    [Fact]
    public void A_word_inside_the_longer_of_two_overlapping_segments_is_in_range()
    {
        TestElf guest = TestElf.Amd64()
            .WithSegment(0x10000, ElfSegmentFlags.Read, [1], memorySize: 0x3000)
            .WithSegment(0x11000, ElfSegmentFlags.Read, [1])
            .WithRela(0x12000, 0);

        Assert.Equal(["HL1008"], GuestReport.OfAmd64(guest).Codes);
    }
}
