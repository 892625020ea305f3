using Hyperlight.Elf;
using Hyperlight.Layouts;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Validation;

public sealed class SegmentRulesTests
{
    private const ElfSegmentFlags Read = ElfSegmentFlags.Read;
    private const ElfSegmentFlags Code = ElfSegmentFlags.Read | ElfSegmentFlags.Execute;
    private const ElfSegmentFlags Everything = ElfSegmentFlags.Read | ElfSegmentFlags.Write | ElfSegmentFlags.Execute;

    [Fact]
    public void The_default_guests_are_valid()
    {
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64()).Findings);
        Assert.Empty(GuestReport.OfI686(TestElf.I686()).Codes);
    }

    [Theory]
    [InlineData(nameof(ElfType.Relocatable), "ET_REL")]
    [InlineData(nameof(ElfType.Core), "ET_CORE")]
    [InlineData("65024", "65024")]
    public void A_file_that_is_no_program_reports_HL1005(string typeName, string shown)
    {
        ElfType type = Enum.Parse<ElfType>(typeName);
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithType(type));

        Assert.Equal(["HL1005"], report.Codes);
        Assert.Contains(shown, report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_without_segments_reports_HL1006() =>
        Assert.Equal(["HL1006"], GuestReport.OfAmd64(TestElf.Amd64().WithoutSegments()).Codes);

    [Fact]
    public void A_guest_whose_segments_have_no_memory_reports_HL1006() =>
        Assert.Equal(["HL1006"], GuestReport.OfAmd64(TestElf.Amd64().WithoutSegments().WithSegment(0, Code, [])).Codes);

    [Theory]
    [InlineData(0xFFFFFFFFFFFFF000, 0x10)]      // the sum overflows
    [InlineData(0x100000, 0x10)]                // behind the end
    [InlineData(0, 0x100000)]                   // longer than the file
    public void A_segment_outside_the_file_reports_HL1002(ulong offset, ulong fileSize)
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithProgramHeader(Header(offset, 0x10000, fileSize, 0x100000)));

        Assert.Equal(["HL1002"], report.Codes);
        Assert.Contains("segment 3", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_segment_whose_end_in_the_file_overflows_reports_HL1002_among_others()
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithProgramHeader(Header(0x40, 0x10000, ulong.MaxValue - 0x20, 0x10)));

        Assert.Equal(["HL1002", "HL1007"], report.Codes);
    }

    [Fact]
    public void A_segment_with_more_bytes_in_the_file_than_in_memory_reports_HL1007()
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithSegment(0x10000, Read, new byte[0x20], memorySize: 0x1F));

        Assert.Equal(["HL1007"], report.Codes);
        Assert.Contains("0x20 bytes in the file but only 0x1F in memory", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_segment_with_bytes_in_the_file_and_no_memory_reports_HL1007() =>
        Assert.Equal(["HL1007"], GuestReport.OfAmd64(TestElf.Amd64().WithSegment(0x10000, Read, new byte[0x20], memorySize: 0)).Codes);

    [Fact]
    public void A_segment_that_wraps_around_the_64_bit_address_space_reports_HL1007()
    {
        Assert.Equal(["HL1007"], GuestReport.OfAmd64(TestElf.Amd64().WithSegment(0x10000, Read, [1], memorySize: ulong.MaxValue)).Codes);
        Assert.Equal(["HL2005"], GuestReport.OfAmd64(TestElf.Amd64().WithSegment(0xFFFFFFFFFFFFF000, Read, [1], memorySize: 0x1000)).Codes);
    }

    [Fact]
    public void A_segment_that_leaves_the_32_bit_address_space_reports_HL1007()
    {
        Assert.Equal(["HL1007"], GuestReport.OfI686(TestElf.I686().WithSegment(0xFFFFF000, Read, [1], memorySize: 0x1001)).Codes);
        Assert.Equal(["HL2005"], GuestReport.OfI686(TestElf.I686().WithSegment(0xFFFFF000, Read, [1], memorySize: 0x1000)).Codes);
    }

    [Theory]
    [InlineData(0x37FF, "overlaps segment 2")]
    [InlineData(0x2010, "overlaps segment 2")]
    [InlineData(0x1800, "must be in ascending order")]
    public void A_segment_that_overlaps_or_precedes_the_one_before_reports_HL1008(ulong address, string shown)
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithSegment(address, Read, [1], alignment: 1));

        Assert.Equal(["HL1008"], report.Codes);
        Assert.Contains(shown, report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_segment_right_behind_another_is_valid() =>
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithSegment(0x3800, Read, [1])).Findings);

    [Fact]
    public void A_segment_that_overlaps_one_further_up_in_the_table_reports_HL1008()
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64()
            .WithSegment(0x10000, Read, [1], memorySize: 0x10000)
            .WithSegment(0x12000, Read, [1])
            .WithSegment(0x1F000, Read, [1]));

        Assert.Equal(["HL1008", "HL1008"], report.Codes);
        Assert.Contains("segment 5 (0x1F000-0x1F000, R--) overlaps segment 3", report.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(0x1001)]
    [InlineData(ulong.MaxValue)]
    public void An_alignment_that_is_no_power_of_two_reports_HL1009(ulong alignment) =>
        Assert.Equal(["HL1009"], GuestReport.OfAmd64(TestElf.Amd64().WithSegment(0x10000, Read, [1], alignment: alignment)).Codes);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(0x10)]
    [InlineData(0x1000)]
    public void An_alignment_of_0_or_1_or_a_power_of_two_is_valid(ulong alignment) =>
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithSegment(0x10000, Read, [1], alignment: alignment)).Findings);

    [Fact]
    public void An_address_that_is_not_congruent_to_the_file_offset_reports_HL1009() =>
        Assert.Equal(
            ["HL1009"],
            GuestReport.OfAmd64(TestElf.Amd64().WithProgramHeader(Header(0x40, 0x10000, 1, 1) with { Alignment = 0x1000 })).Codes);

    [Fact]
    public void A_writable_and_executable_segment_warns_with_HL1017()
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithSegment(0x10000, Everything, [1]));

        Assert.Equal(["HL1017"], report.Codes);
        Assert.Equal(FindingSeverity.Warning, report.Findings[0].Rule.Severity);
    }

    [Fact]
    public void A_guest_that_spans_more_than_the_layout_has_room_for_reports_HL2005()
    {
        // The layout i686-0.13 has room for 1 GiB.
        Assert.Empty(GuestReport.OfI686(TestElf.I686().WithSegment(0x3FFFF000, Read, [1], memorySize: 0x1000)).Codes);
        Assert.Equal(["HL2005"], GuestReport.OfI686(TestElf.I686().WithSegment(0x3FFFF000, Read, [1], memorySize: 0x1001)).Codes);
    }

    [Fact]
    public void A_position_independent_guest_may_be_linked_at_any_page() =>
        Assert.Empty(GuestReport.OfAmd64(AmdAt(0x400000)).Findings);

    [Fact]
    public void A_guest_that_does_not_start_on_a_page_reports_HL2010()
    {
        GuestReport report = GuestReport.OfAmd64(AmdAt(0x400010));

        Assert.Equal(["HL2010"], report.Codes);
        Assert.Contains("must start on a page", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_for_one_address_is_valid_at_the_layouts_base() =>
        Assert.Empty(GuestReport.OfAmd64(AmdAt(0x1000).WithType(ElfType.Executable)).Findings);

    /// <summary>Upstream moves such a guest without telling it (i686 sheet, section 4.2).</summary>
    [Fact]
    public void A_guest_of_the_paged_layout_that_is_fixed_elsewhere_reports_HL2010() =>
        Assert.Equal(["HL2010"], GuestReport.OfValidating(TestElf.I686(), GuestLayouts.I686V15).Codes);

    [Theory]
    [InlineData(0)]
    [InlineData(0x1010)]
    [InlineData(0x400000)]
    public void A_guest_for_another_address_reports_HL2010(ulong address)
    {
        GuestReport report = GuestReport.OfAmd64(AmdAt(address).WithType(ElfType.Executable));

        Assert.Equal(["HL2010"], report.Codes);
        Assert.Contains("loads it at 0x1000", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_each_rule_five_findings_are_shown_and_the_rest_counted()
    {
        TestElf guest = TestElf.Amd64();
        for (ulong index = 0; index < 8; index++)
        {
            guest.WithSegment(0x10000 + (index * 0x1000), Everything, [1], alignment: 3);
        }

        GuestReport report = GuestReport.OfAmd64(guest);

        Assert.Equal(6, report.Codes.Count(code => code == "HL1009"));
        Assert.Equal(6, report.Codes.Count(code => code == "HL1017"));
        Assert.Contains("HL1009: and 3 more of the same kind", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void No_finding_hides_another()
    {
        GuestReport report = GuestReport.OfI686(TestElf.I686().WithType(ElfType.Core).WithEntry(0x20000)
            .WithSegment(0x800, Everything, [1], memorySize: 0, alignment: 3)
            .WithSegment(0xFFFFF000, Everything, [1], memorySize: 0x2000).WithSegment(0x80000000, Read, [1])
            .WithSegment(0x1004, Read, [1], alignment: 6)
            .WithProgramHeader(Header(0x7FFFFFFF, 0x8000, 1, 1))
            .WithInterpreter().WithTls(4).WithNeeded("libc.so.6").WithRel(0x2000, 1).WithRel(0x90000000));

        Assert.Equal(
            ["HL1002", "HL1005", "HL1007", "HL1008", "HL1009", "HL1010", "HL1011", "HL1012", "HL1013", "HL1014", "HL1015", "HL1017",
                "HL2005", "HL2006"],
            report.Codes.Distinct().Order(StringComparer.Ordinal));
    }

    private static TestElf AmdAt(ulong address) =>
        TestElf.Amd64().WithoutSegments().WithSegment(address, Code, new byte[0x20]).WithEntry(address + 0x10);

    private static ElfSegment Header(ulong offset, ulong address, ulong fileSize, ulong memorySize) =>
        new(0, ElfSegmentType.Load, Read, offset, address, fileSize, memorySize, 1);
}
