using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Elf;

public sealed class ElfHeaderTests
{
    // Offsets of gABI fields in an ELF64 header, and in an ELF32 header if the name says so.
    private const int ClassField = 4;
    private const int DataField = 5;
    private const int IdentVersionField = 6;
    private const int VersionField = 20;
    private const int ProgramHeaderOffsetField = 32;
    private const int SectionHeaderOffsetField = 40;
    private const int ProgramHeaderSizeField = 54;
    private const int ProgramHeaderCountField = 56;
    private const int SectionHeaderSizeField = 58;
    private const int SectionHeaderCountField = 60;
    private const int SectionNameIndexField = 62;

    // Offsets of gABI fields in an ELF64 section header.
    private const int SectionSizeField = 32;
    private const int SectionLinkField = 40;
    private const int SectionInfoField = 44;

    [Fact]
    public void A_64_bit_guest_is_read_with_every_header_field()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64());

        Assert.Empty(report.Findings);
        Assert.NotNull(report.Elf);
        Assert.Equal(
            (ElfClass.Elf64, ElfMachine.X86_64, ElfType.PositionIndependent, TestElf.DefaultEntry, 8),
            (report.Elf.Class, report.Elf.Machine, report.Elf.Type, report.Elf.Entry, report.Elf.WordSize));
    }

    [Fact]
    public void A_32_bit_guest_is_read_with_every_header_field()
    {
        GuestReport report = GuestReport.OfReading(TestElf.I686());

        Assert.Empty(report.Findings);
        Assert.NotNull(report.Elf);
        Assert.Equal(
            (ElfClass.Elf32, ElfMachine.I386, ElfType.Executable, TestElf.DefaultEntry, 4),
            (report.Elf.Class, report.Elf.Machine, report.Elf.Type, report.Elf.Entry, report.Elf.WordSize));
    }

    [Theory]
    [InlineData(nameof(ElfClass.Elf32))]
    [InlineData(nameof(ElfClass.Elf64))]
    public void A_segment_is_read_with_every_field(string elfClassName)
    {
        ElfClass elfClass = Enum.Parse<ElfClass>(elfClassName);
        ElfSegment written = new(0, (ElfSegmentType)0x6474E551, ElfSegmentFlags.Read | ElfSegmentFlags.Write, 0x11, 0x22, 0x33, 0x44, 0x10);
        ElfFile? elf = GuestReport.OfReading(TestElf.Amd64().WithClass(elfClass).WithProgramHeader(written)).Elf;

        Assert.Equal(written with { Index = 3 }, elf!.Segments[3]);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("#!/bin/sh\n", "23212F62")]
    [InlineData("\u007fEL", "7F454C")]
    public void A_file_without_the_magic_reports_HL1001(string content, string shown)
    {
        GuestReport report = GuestReport.OfReading([.. content.Select(character => (byte)character)]);

        Assert.Null(report.Elf);
        Assert.Equal(["HL1001"], report.Codes);
        Assert.Contains(shown, report.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(63)]
    public void A_file_that_ends_in_its_header_reports_HL1002(int length)
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().Build()[..length]);

        Assert.Null(report.Elf);
        Assert.Equal(["HL1002"], report.Codes);
    }

    [Theory]
    [InlineData(ClassField, 0)]
    [InlineData(ClassField, 3)]
    [InlineData(DataField, 0)]
    [InlineData(DataField, 2)]
    [InlineData(IdentVersionField, 0)]
    [InlineData(VersionField, 2)]
    public void An_unsupported_class_byte_order_or_version_reports_HL1003(int field, byte value)
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithBytesAt(field, value));

        Assert.Null(report.Elf);
        Assert.Equal(["HL1003"], report.Codes);
    }

    [Fact]
    public void Everything_unsupported_about_the_encoding_is_reported_at_once()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithBytesAt(ClassField, 9, 2, 7));

        Assert.Equal(["HL1003", "HL1003", "HL1003"], report.Codes);
    }

    [Fact]
    public void Any_machine_is_read() =>
        Assert.Equal((ElfMachine)183, GuestReport.OfReading(TestElf.Amd64().WithMachine((ElfMachine)183)).Elf!.Machine);

    [Theory]
    [InlineData(52)]
    [InlineData(0)]
    public void A_wrong_header_size_reports_HL1019_and_the_rest_is_read(byte size)
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithBytesAt(52, size));

        Assert.Equal(["HL1019"], report.Codes);
        Assert.NotEmpty(report.Elf!.Segments);
        Assert.Contains($"e_ehsize is {size}, the header of this ELF class has 64 bytes", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Program_headers_in_the_ELF_header_report_HL1019() =>
        Assert.Equal(["HL1019"], GuestReport.OfReading(TestElf.Amd64().WithBytesAt(32, 0)).Codes);

    [Fact]
    public void A_count_that_is_left_to_a_section_header_which_is_not_there_reports_HL1019() =>
        Assert.Equal(["HL1019"], GuestReport.OfReading(TestElf.Amd64().WithoutSections().WithBytesAt(56, 0xFF, 0xFF)).Codes);

    [Fact]
    public void A_debug_file_is_HL1024_and_nothing_else()
    {
        TestElf Guest(ElfSectionType type) => TestElf.Amd64().WithSegment(0x1000_0000, ElfSegmentFlags.Read, [1], memorySize: 0)
            .WithLoadedSection(".text", type, 0, 0x40, ElfSectionFlags.Allocate | ElfSectionFlags.Execute);

        GuestReport report = GuestReport.OfReading(Guest(ElfSectionType.NoBits));

        Assert.Null(report.Elf);
        Assert.Equal(["HL1024"], report.Codes);
        Assert.Contains("give the guest itself", report.Text, StringComparison.Ordinal);
        Assert.Empty(GuestReport.OfReading(Guest(ElfSectionType.ProgramBits)).Codes);
    }

    [Fact]
    public void A_wrong_program_header_size_reports_HL1019()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithBytesAt(ProgramHeaderSizeField, 32));

        Assert.Null(report.Elf);
        Assert.Equal(["HL1019"], report.Codes);
        Assert.Contains("e_phentsize is 32, entries of this ELF class have 56 bytes", report.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(0x10000000UL)]
    public void Program_headers_outside_the_file_report_HL1002(ulong offset)
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithBytesAt(ProgramHeaderOffsetField, BitConverter.GetBytes(offset)));

        Assert.Null(report.Elf);
        Assert.Equal(["HL1002"], report.Codes);
    }

    [Fact]
    public void A_file_without_program_headers_is_read()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithoutSegments());

        Assert.Empty(report.Findings);
        Assert.Empty(report.Elf!.Segments);
        Assert.Equal((0UL, 0UL), (report.Elf.LoadBase, report.Elf.LoadSize));
    }

    [Fact]
    public void A_count_of_program_headers_in_section_0_is_followed()
    {
        byte[] file = TestElf.Amd64().Build();
        SetSectionZero(file, SectionInfoField, [2]);
        file[ProgramHeaderCountField] = file[ProgramHeaderCountField + 1] = 0xFF; // PN_XNUM

        Assert.Equal(2, GuestReport.OfReading(file).Elf!.Segments.Length);
    }

    [Fact]
    public void A_count_of_sections_in_section_0_is_followed()
    {
        byte[] file = TestElf.Amd64().Build();
        byte count = file[SectionHeaderCountField];
        SetSectionZero(file, SectionSizeField, [count]);
        file[SectionHeaderCountField] = 0;

        Assert.Equal(count, GuestReport.OfReading(file).Elf!.Sections.Length);
    }

    [Fact]
    public void An_index_of_section_names_in_section_0_is_followed()
    {
        byte[] file = TestElf.Amd64().Build();
        SetSectionZero(file, SectionLinkField, [file[SectionNameIndexField]]);
        file[SectionNameIndexField] = file[SectionNameIndexField + 1] = 0xFF; // SHN_XINDEX
        GuestReport report = GuestReport.OfReading(file);

        Assert.Empty(report.Findings);
        Assert.Equal(".shstrtab", report.Elf!.Sections[^1].Name);
    }

    [Theory]
    [InlineData(0xFFFFFFFF)]
    [InlineData(1L << 58)]      // The product with the size of a header is 0 in 64 bits.
    [InlineData(-1)]
    public void A_huge_count_of_sections_in_section_0_reports_HL1002_and_keeps_the_segments(long count)
    {
        byte[] file = TestElf.Amd64().Build();
        SetSectionZero(file, SectionSizeField, BitConverter.GetBytes(count));
        file[SectionHeaderCountField] = 0;
        GuestReport report = GuestReport.OfReading(file);

        Assert.Equal(["HL1002"], report.Codes);
        Assert.Empty(report.Elf!.Sections);
        Assert.Equal(3, report.Elf.Segments.Length);
    }

    [Fact]
    public void Section_headers_outside_the_file_report_HL1002_and_keep_the_segments()
    {
        GuestReport report = GuestReport.OfReading(
            TestElf.Amd64().WithBytesAt(SectionHeaderOffsetField, 0xF0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF));

        Assert.Equal(["HL1002"], report.Codes);
        Assert.Equal(3, report.Elf!.Segments.Length);
    }

    [Fact]
    public void A_wrong_section_header_size_reports_HL1019_and_keeps_the_segments()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithBytesAt(SectionHeaderSizeField, 40));

        Assert.Equal(["HL1019"], report.Codes);
        Assert.Equal(3, report.Elf!.Segments.Length);
    }

    [Fact]
    public void A_section_of_names_that_does_not_exist_reports_HL1019()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithBytesAt(SectionNameIndexField, 77));

        Assert.Equal(["HL1019"], report.Codes);
        Assert.Equal("", report.Elf!.Sections[^1].Name);
    }

    [Theory]
    [InlineData(nameof(ElfClass.Elf32))]
    [InlineData(nameof(ElfClass.Elf64))]
    public void A_section_is_read_with_every_field(string elfClassName)
    {
        ElfClass elfClass = Enum.Parse<ElfClass>(elfClassName);
        ElfFile elf = GuestReport.OfReading(TestElf.Amd64().WithClass(elfClass)
            .WithSection(".extra", ElfSectionType.ProgramBits, [1, 2, 3], alignment: 8)).Elf!;

        ElfSection section = elf.Sections[1];
        Assert.Equal(
            (1, ".extra", ElfSectionType.ProgramBits, 3UL, 8UL),
            (section.Index, section.Name, section.Type, section.Size, section.Alignment));
        Assert.Equal([1, 2, 3], elf.Bytes.Span.Slice((int)section.Offset, 3).ToArray());
        Assert.Equal(3, elf.Sections.Length);
    }

    [Fact]
    public void The_load_size_spans_all_segments_with_memory()
    {
        ElfFile elf = GuestReport.OfReading(TestElf.Amd64().WithoutSegments()
            .WithSegment(0x3000, ElfSegmentFlags.Read, [1])
            .WithSegment(0x2000, ElfSegmentFlags.Read, [1])
            .WithSegment(0x9000, ElfSegmentFlags.Read, [1], memorySize: 0x1001)
            .WithSegment(0, ElfSegmentFlags.Read, [], memorySize: 0)).Elf!;

        Assert.Equal((0x2000UL, 0x8001UL), (elf.LoadBase, elf.LoadSize));
        Assert.Equal([0, 1, 2], elf.LoadSegments.Select(segment => segment.Index));
    }

    [Fact]
    public void The_load_size_of_a_segment_beyond_the_address_space_saturates()
    {
        ElfFile elf =
            GuestReport.OfReading(TestElf.Amd64().WithSegment(0x10000, ElfSegmentFlags.Read, [1], memorySize: ulong.MaxValue)).Elf!;

        Assert.Equal(ulong.MaxValue, elf.LoadSize);
    }

    [Fact]
    public void The_content_of_a_segment_outside_the_file_is_empty()
    {
        ElfFile elf = GuestReport.OfReading(TestElf.Amd64()).Elf!;

        Assert.Equal("constants"u8, elf.ContentOf(elf.Segments[1]).Span);
        Assert.True(elf.ContentOf(elf.Segments[1] with { Offset = ulong.MaxValue - 2 }).IsEmpty);
        Assert.True(elf.ContentOf(elf.Segments[1] with { FileSize = ulong.MaxValue }).IsEmpty);
    }

    private static void SetSectionZero(byte[] file, int field, byte[] value) =>
        value.CopyTo(file, BitConverter.ToInt32(file, SectionHeaderOffsetField) + field);
}
