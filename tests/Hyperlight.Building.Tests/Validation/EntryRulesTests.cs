using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Validation;

public sealed class EntryRulesTests
{
    private const ElfSegmentFlags Code = ElfSegmentFlags.Read | ElfSegmentFlags.Execute;

    [Theory]
    [InlineData(0)]
    [InlineData(0x3F)]
    public void An_entry_at_either_end_of_the_code_is_valid(ulong entry) =>
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithEntry(entry)).Findings);

    [Theory]
    [InlineData(0x40, "outside of every segment")]
    [InlineData(0x1000, "in segment 1 (0x1000-0x1008, R--), which is not executable")]
    [InlineData(0x2000, "which is not executable")]
    [InlineData(ulong.MaxValue, "outside of every segment")]
    public void An_entry_outside_of_code_reports_HL1010(ulong entry, string shown)
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithEntry(entry));

        Assert.Equal(["HL1010"], report.Codes);
        Assert.Contains(shown, report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_in_the_zero_filled_end_of_code_reports_HL1010()
    {
        GuestReport report = GuestReport.OfAmd64(
            TestElf.Amd64().WithSegment(0x10000, Code, new byte[0x10], memorySize: 0x20).WithEntry(0x10010));

        Assert.Equal(["HL1010"], report.Codes);
        Assert.Contains("zero-filled", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_within_reach_of_real_mode_is_valid() =>
        Assert.Empty(GuestReport.OfI686(TestElf.I686().WithSegment(0xFFF0, Code, new byte[0x20]).WithEntry(0xFFFF)).Codes);

    [Fact]
    public void An_entry_beyond_real_mode_reports_HL2006()
    {
        GuestReport report = GuestReport.OfI686(TestElf.I686().WithSegment(0xFFF0, Code, new byte[0x20]).WithEntry(0x10000));

        Assert.Equal(["HL2006"], report.Codes);
        Assert.Contains("below 0x10000", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_reach_of_real_mode_counts_from_where_the_guest_is_loaded() =>
        Assert.Empty(GuestReport.OfI686(TestElf.I686().WithType(ElfType.PositionIndependent).WithoutSegments()
            .WithSegment(0x100000, Code, new byte[0x20]).WithEntry(0x100010)).Codes);

    [Fact]
    public void A_64_bit_entry_has_no_limit() =>
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithSegment(0x100000, Code, [0xF4]).WithEntry(0x100000)).Findings);
}
