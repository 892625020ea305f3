using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Elf;

public sealed class ElfNoteTests
{
    private const string VersionSection = ".note.hyperlight-version";

    [Fact]
    public void The_version_note_of_the_fact_sheet_is_read()
    {
        // The bytes of the note (amd64 sheet, section 1.4).
        byte[] note =
        [
            11, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, (byte)'H', (byte)'y', (byte)'p', (byte)'e', (byte)'r', (byte)'l', (byte)'i', (byte)'g',
            (byte)'h',
            (byte)'t', 0, 0, (byte)'0', (byte)'.', (byte)'1', (byte)'6', (byte)'.', (byte)'0', 0, 0,
        ];
        Assert.Equal(note, TestElf.VersionNote("0.16.0"));

        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithSection(VersionSection, ElfSectionType.Note, note, alignment: 8));

        Assert.Empty(report.Findings);
        Assert.Equal("0.16.0", report.Elf!.HyperlightVersion);
    }

    [Fact]
    public void The_version_note_is_found_by_its_section_name_whatever_the_section_type() =>
        Assert.Equal("0.16.0", GuestReport.OfReading(
            TestElf.I686().WithSection(
                VersionSection, ElfSectionType.ProgramBits, TestElf.VersionNote("0.16.0"), alignment: 8)).Elf!.HyperlightVersion);

    [Fact]
    public void The_version_note_is_found_in_a_note_segment_of_a_file_without_sections()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithoutSections().WithVersionNoteSegment("0.15.0"));

        Assert.Empty(report.Findings);
        Assert.Empty(report.Elf!.Sections);
        Assert.Equal("0.15.0", report.Elf.HyperlightVersion);
    }

    [Fact]
    public void A_version_note_behind_other_notes_is_found()
    {
        byte[] notes =
        [
            .. TestElf.Note("GNU", 1, [1, 2, 3, 4, 5], 8), .. TestElf.Note("Hyperlight", 2, [9], 8), .. TestElf.VersionNote("0.16.0")
        ];

        TestElf guest = TestElf.Amd64().WithSection(VersionSection, ElfSectionType.Note, notes, alignment: 8);

        Assert.Equal("0.16.0", GuestReport.OfReading(guest).Elf!.HyperlightVersion);
    }

    [Fact]
    public void A_file_without_a_version_note_has_no_version()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithBuildId(1));

        Assert.Empty(report.Findings);
        Assert.Null(report.Elf!.HyperlightVersion);
    }

    public static TheoryData<byte[]> UnreadableVersionNotes => new(
        [],
        [11, 0, 0, 0],
        TestElf.VersionNote("0.16.0")[..30],
        TestElf.Note("Hyperlight", 2, [.. "0.16.0"u8], 8),
        TestElf.Note("Other", 1, [.. "0.16.0"u8], 8),
        TestElf.VersionNote(""),
        TestElf.VersionNote("0.16.0\n\u001b[2J"),
        TestElf.VersionNote(new string('1', 65)),
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0]);

    [Theory]
    [MemberData(nameof(UnreadableVersionNotes))]
    public void A_version_note_that_cannot_be_read_reports_HL1018(byte[] note)
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithSection(VersionSection, ElfSectionType.Note, note, alignment: 8));

        Assert.Equal(["HL1018"], report.Codes);
        Assert.Equal(FindingSeverity.Warning, report.Findings[0].Rule.Severity);
        Assert.Null(report.Elf!.HyperlightVersion);
    }

    /// <summary>Upstream finds the note by its section's name, which a file without section headers does not have.</summary>
    [Fact]
    public void A_version_note_in_a_segment_that_cannot_be_read_reports_HL1018()
    {
        byte[][] unreadable =
        [
            TestElf.VersionNote("0.16 beta"), TestElf.VersionNote(""), TestElf.VersionNote(new string('1', 65)),
            TestElf.VersionNote("0.16.0")[..26],
            TestElf.Note("Hyperlight", 2, [.. "0.16.0"u8], 4),
        ];
        Assert.All(unreadable, note =>
        {
            Assert.Equal(["HL1018"], GuestReport.OfReading(TestElf.Amd64().WithoutSections().WithNoteSegment(note)).Codes);
            Assert.Equal(
                ["HL1018"], GuestReport.OfReading(TestElf.Amd64().WithSection(".note", ElfSectionType.Note, note, alignment: 4)).Codes);
        });
        Assert.Empty(GuestReport.OfReading(TestElf.Amd64().WithoutSections().WithNoteSegment(TestElf.Note("Xen", 2, [1], 4))).Findings);
    }

    [Fact]
    public void The_build_id_is_lower_case_hexadecimal() =>
        Assert.Equal("00abcdef", GuestReport.OfReading(TestElf.Amd64().WithBuildId(0x00, 0xAB, 0xCD, 0xEF)).Elf!.BuildId);

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public void A_build_id_of_unusual_length_is_ignored(int length) =>
        Assert.Null(GuestReport.OfReading(TestElf.Amd64().WithBuildId(new byte[length])).Elf!.BuildId);
}
