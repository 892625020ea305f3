using Hyperlight.Elf;
using Hyperlight.Layouts;
using Hyperlight.Placement;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Placement;

public sealed class LayoutSelectionTests
{
    private const ElfSegmentFlags Code = ElfSegmentFlags.Read | ElfSegmentFlags.Execute;

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("amd64")]
    [InlineData("AMD64")]
    public void A_64_bit_guest_follows_the_amd64_layout(string? asserted)
    {
        (GuestLayout? layout, GuestReport report) = Select(TestElf.Amd64(), asserted);

        Assert.Same(GuestLayouts.Amd64V16, layout);
        Assert.Empty(report.Findings);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("i686")]
    public void A_32_bit_guest_at_address_0_follows_the_identity_layout(string? asserted)
    {
        (GuestLayout? layout, GuestReport report) = Select(TestElf.I686(), asserted);

        Assert.Same(GuestLayouts.I686V13, layout);
        Assert.Empty(report.Findings);
    }

    [Fact]
    public void A_64_bit_guest_may_be_linked_anywhere() =>
        Assert.Same(GuestLayouts.Amd64V16, Select(TestElf.Amd64().WithoutSegments().WithSegment(0x400000, Code, [0xF4])).Layout);

    [Theory]
    [InlineData(0x2000)]
    [InlineData(0x100000)]
    [InlineData(0xC0100000)]
    public void A_32_bit_guest_at_another_address_follows_the_flat_layout_from_there(ulong address)
    {
        (GuestLayout? layout, GuestReport report) = Select(TestElf.I686At(address), "i686");

        Assert.Equal(("i686-flat", new GuestPhysicalAddress(address)), (layout?.Id, layout?.SnapshotBase));
        Assert.Empty(report.Findings);
    }

    /// <summary>
    /// Upstream does not relocate such guests (i686 sheet, section 4.1), so they cannot follow an upstream layout, whatever their addresses
    /// are.
    /// </summary>
    [Theory]
    [InlineData(0, 0x1000)]
    [InlineData(0x1000, 0x1000)]
    [InlineData(0x400000, 0x400000)]
    public void A_position_independent_32_bit_guest_follows_the_flat_layout_and_leaves_page_0_free(ulong linked, ulong loaded)
    {
        (GuestLayout? layout, GuestReport report) = Select(TestElf.I686At(linked).WithType(ElfType.PositionIndependent));

        Assert.Equal(("i686-flat", new GuestPhysicalAddress(loaded)), (layout?.Id, layout?.SnapshotBase));
        Assert.Empty(report.Findings);
    }

    [Theory]
    [InlineData("0.13.1")]
    [InlineData("0.14.0")]
    public void A_version_note_comes_before_the_address(string version) =>
        Assert.Same(GuestLayouts.I686V13, Select(TestElf.I686At(0x100000).WithVersionNote(version)).Layout);

    [Fact]
    public void The_lowest_segment_decides_even_when_it_is_not_the_first() =>
        Assert.Same(
            GuestLayouts.I686V13,
            Select(TestElf.I686().WithoutSegments().WithSegment(0x1000, Code, [0xF4]).WithSegment(0, Code, [0xF4])).Layout);

    [Theory]
    [InlineData("0.13.1")]
    [InlineData("0.14.0")]
    public void A_32_bit_guest_with_a_supported_version_note_follows_its_layout_wherever_it_is_linked(string version)
    {
        (GuestLayout? layout, GuestReport report) = Select(
            TestElf.I686().WithoutSegments().WithSegment(0x1000, Code, [0xF4]).WithVersionNote(version));

        Assert.Same(GuestLayouts.I686V13, layout);
        Assert.Empty(report.Findings);
    }

    [Theory]
    [InlineData("0.15.0")]
    [InlineData("0.16.0")]
    public void A_64_bit_guest_with_a_supported_version_note_follows_its_layout(string version)
    {
        (GuestLayout? layout, GuestReport report) = Select(TestElf.Amd64().WithVersionNote(version));

        Assert.Same(GuestLayouts.Amd64V16, layout);
        Assert.Empty(report.Findings);
    }

    [Fact]
    public void A_guest_of_the_version_after_0_16_follows_the_layout_after_it()
    {
        (GuestLayout? layout, GuestReport report) = Select(TestElf.Amd64().WithVersionNote("0.17.0"));

        Assert.Same(GuestLayouts.Amd64V17, layout);
        Assert.Empty(report.Findings);
    }

    [Fact]
    public void An_unsupported_version_note_reports_HL2003_with_both_versions()
    {
        (GuestLayout? layout, GuestReport report) = Select(TestElf.Amd64().WithVersionNote("0.14.0"));

        // There is a layout all the same, so that validation reports all other findings.
        Assert.Same(GuestLayouts.Amd64V16, layout);
        Assert.Equal(["HL2003"], report.Codes);
        Assert.Contains("Hyperlight 0.14.0", report.Text, StringComparison.Ordinal);
        Assert.Contains("0.15.0, 0.16.0, 0.17.0", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_32_bit_guest_at_the_first_page_behind_0_follows_the_paged_layout()
    {
        (GuestLayout? layout, GuestReport report) = Select(TestElf.I686().WithoutSegments().WithSegment(0x1000, Code, [0xF4]));

        Assert.Same(GuestLayouts.I686V15, layout);
        Assert.Empty(report.Findings);
    }

    [Fact]
    public void A_32_bit_guest_whose_note_says_0_15_follows_the_paged_layout_wherever_it_is_linked() =>
        Assert.Same(GuestLayouts.I686V15, Select(TestElf.I686().WithVersionNote("0.15.0")).Layout);

    [Fact]
    public void A_32_bit_guest_of_a_version_without_32_bit_guests_reports_HL2003() =>
        Assert.Equal(["HL2003"], Select(TestElf.I686().WithVersionNote("0.16.0")).Report.Codes);

    [Fact]
    public void A_wrong_assertion_reports_HL2001_and_changes_nothing_else()
    {
        (GuestLayout? layout, GuestReport report) = Select(TestElf.I686(), "amd64");

        Assert.Same(GuestLayouts.I686V13, layout);
        Assert.Equal(["HL2001"], report.Codes);

        Assert.Equal(["HL2001"], Select(TestElf.Amd64(), "i686").Report.Codes);
    }

    [Fact]
    public void A_64_bit_guest_asserted_as_i686_beyond_32_bits_also_reports_HL2005()
    {
        TestElf guest = TestElf.Amd64().WithSegment(0xFFFFF000, ElfSegmentFlags.Read, [1], memorySize: 0x1001);

        GuestReport report = Select(guest, "i686").Report;

        Assert.Equal(["HL2001", "HL2005"], report.Codes);
        Assert.Contains("segment 3 (0xFFFFF000-0x100000000, R--)", report.Text, StringComparison.Ordinal);
        Assert.Empty(Select(guest, "amd64").Report.Findings);
    }

    [Fact]
    public void A_64_bit_guest_asserted_as_i686_up_to_the_last_32_bit_address_reports_only_HL2001() =>
        Assert.Equal(
            ["HL2001"],
            Select(TestElf.Amd64().WithSegment(0xFFFFF000, ElfSegmentFlags.Read, [1], memorySize: 0x1000), "i686").Report.Codes);

    [Theory]
    [InlineData(nameof(ElfClass.Elf32), nameof(ElfMachine.X86_64), "x32")]
    [InlineData(nameof(ElfClass.Elf64), nameof(ElfMachine.I386), "64-bit I386")]
    [InlineData(nameof(ElfClass.Elf64), "183", "64-bit machine 183")]
    [InlineData(nameof(ElfClass.Elf32), "40", "32-bit machine 40")]
    public void A_machine_of_no_layout_reports_HL1004(string elfClassName, string machineName, string shown)
    {
        ElfClass elfClass = Enum.Parse<ElfClass>(elfClassName);
        ElfMachine machine = Enum.Parse<ElfMachine>(machineName);
        (GuestLayout? layout, GuestReport report) = Select(TestElf.Amd64().WithClass(elfClass).WithMachine(machine), "amd64");

        Assert.Null(layout);
        Assert.Equal(["HL1004"], report.Codes);
        Assert.Contains(shown, report.Text, StringComparison.Ordinal);
    }

    private static (GuestLayout? Layout, GuestReport Report) Select(TestElf guest, string? asserted = null)
    {
        GuestReport report = GuestReport.OfReading(guest);
        Assert.Empty(report.Findings);
        return (LayoutSelection.Select(report.Elf!, asserted, report.Findings), report);
    }
}
