using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Elf;

public sealed class ElfDynamicTests
{
    private const uint GlobDat = 6; // R_X86_64_GLOB_DAT and R_386_GLOB_DAT

    [Fact]
    public void A_file_without_a_dynamic_table_has_no_relocations()
    {
        ElfFile elf = GuestReport.OfReading(TestElf.Amd64()).Elf!;

        Assert.Empty(elf.Dynamic);
        Assert.Empty(elf.Relocations);
        Assert.Empty(elf.NeededLibraries);
    }

    [Fact]
    public void Needed_libraries_are_named()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithNeeded("libc.so.6").WithNeeded("libm.so.6"));

        Assert.Empty(report.Findings);
        Assert.Equal(["libc.so.6", "libm.so.6"], report.Elf!.NeededLibraries);
    }

    [Fact]
    public void A_needed_library_without_a_string_table_reports_HL1016()
    {
        GuestReport report = GuestReport.OfReading(
            TestElf.Amd64().WithNeeded("libc.so.6").WithDynamic(ElfDynamicTag.StringTable, 0xDEAD0000));

        Assert.Equal(["HL1016"], report.Codes);
    }

    [Fact]
    public void A_needed_library_whose_name_has_no_end_reports_HL1016()
    {
        // The string table ends in the middle of the name.
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithNeeded("libc.so.6").WithDynamic(ElfDynamicTag.StringTableSize, 5));

        Assert.Equal(["HL1016"], report.Codes);
        Assert.Empty(report.Elf!.NeededLibraries);
    }

    [Theory]
    [InlineData(nameof(ElfClass.Elf32))]
    [InlineData(nameof(ElfClass.Elf64))]
    public void A_relocation_with_addend_is_read(string elfClassName)
    {
        ElfClass elfClass = Enum.Parse<ElfClass>(elfClassName);
        ElfFile elf = GuestReport.OfReading(TestElf.Amd64().WithClass(elfClass).WithRela(0x2008, -16)
            .WithRela(0x2010, 4, GlobDat, symbol: 0x123456)).Elf!;

        Assert.Equal([new(0x2008, 8, 0, -16), new(0x2010, GlobDat, 0x123456, 4)], elf.Relocations);
    }

    [Theory]
    [InlineData(nameof(ElfClass.Elf32))]
    [InlineData(nameof(ElfClass.Elf64))]
    public void A_relocation_without_addend_is_read(string elfClassName)
    {
        ElfClass elfClass = Enum.Parse<ElfClass>(elfClassName);
        ElfFile elf = GuestReport.OfReading(TestElf.I686().WithClass(elfClass).WithRel(0x2008).WithRel(0x2010, GlobDat, symbol: 7)).Elf!;

        Assert.Equal([new(0x2008, 8, 0, null), new(0x2010, GlobDat, 7, null)], elf.Relocations);
    }

    [Fact]
    public void A_relocation_of_the_procedure_linkage_table_is_read()
    {
        Assert.Equal([new(0x2008, 7, 3, 0)], GuestReport.OfReading(TestElf.Amd64().WithJmprel(0x2008, 7, symbol: 3)).Elf!.Relocations);
        Assert.Equal([new(0x2008, 7, 3, null)], GuestReport.OfReading(TestElf.I686().WithJmprel(0x2008, 7, symbol: 3)).Elf!.Relocations);
    }

    [Fact]
    public void A_procedure_linkage_table_inside_the_other_relocations_is_not_read_twice()
    {
        // Some linkers count .rel.plt in DT_RELSZ. The tables start at 0x4008: the string table in front takes one byte, padded to 8.
        GuestReport report = GuestReport.OfReading(TestElf.I686().WithRel(0x2000).WithRel(0x2004)
            .WithDynamic(ElfDynamicTag.PltRelocations, 0x4010).WithDynamic(ElfDynamicTag.PltRelocationsSize, 8)
            .WithDynamic(ElfDynamicTag.PltRelocationKind, (ulong)ElfDynamicTag.Rel));

        Assert.Empty(report.Findings);
        Assert.Equal([0x2000UL, 0x2004UL], report.Elf!.Relocations.Select(relocation => relocation.Offset));
    }

    [Fact]
    public void Relocations_inside_the_procedure_linkage_table_are_not_read_twice()
    {
        // If a linker script puts both into one section, GNU ld counts the whole section in DT_JMPREL. Reading a relocation twice would add
        // the load address twice.
        GuestReport report = GuestReport.OfReading(TestElf.I686().WithRel(0x2000).WithRel(0x2004)
            .WithDynamic(ElfDynamicTag.Rel, 0x4010).WithDynamic(ElfDynamicTag.RelSize, 8)
            .WithDynamic(ElfDynamicTag.PltRelocations, 0x4008).WithDynamic(ElfDynamicTag.PltRelocationsSize, 16)
            .WithDynamic(ElfDynamicTag.PltRelocationKind, (ulong)ElfDynamicTag.Rel));

        Assert.Empty(report.Findings);
        Assert.Equal([0x2004UL, 0x2000UL], report.Elf!.Relocations.Select(relocation => relocation.Offset));
    }

    [Fact]
    public void A_procedure_linkage_table_with_addends_inside_the_other_relocations_is_not_read_twice()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithRela(0x2000, 1).WithRela(0x2008, 2)
            .WithDynamic(ElfDynamicTag.PltRelocations, 0x4020).WithDynamic(ElfDynamicTag.PltRelocationsSize, 24)
            .WithDynamic(ElfDynamicTag.PltRelocationKind, (ulong)ElfDynamicTag.Rela));

        Assert.Empty(report.Findings);
        Assert.Equal([0x2000UL, 0x2008UL], report.Elf!.Relocations.Select(relocation => relocation.Offset));
    }

    [Fact]
    public void A_procedure_linkage_table_of_unknown_kind_reports_HL1016()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithJmprel(0x2008, 7).WithDynamic(ElfDynamicTag.PltRelocationKind, 5));

        Assert.Equal(["HL1016"], report.Codes);
        Assert.Empty(report.Elf!.Relocations);
    }

    [Fact]
    public void Packed_relocations_of_a_64_bit_file_are_expanded()
    {
        // The first word is an address, then bit n of a bitmap stands for the n-th word behind it; the second bitmap continues 63 words
        // further.
        ElfFile elf = GuestReport.OfReading(TestElf.Amd64().WithRelr(0x2000, 0b1011, 0b11 | (1UL << 63))).Elf!;

        Assert.Equal(
            [0x2000, 0x2008, 0x2018, 0x2008 + (63 * 8), 0x2008 + (63 * 8) + (62 * 8)],
            elf.Relocations.Select(relocation => (int)relocation.Offset));
        Assert.All(
            elf.Relocations,
            relocation => Assert.Equal((ElfRelocation.Relative, 0U, null), (relocation.Type, relocation.Symbol, relocation.Addend)));
    }

    [Fact]
    public void Packed_relocations_of_a_32_bit_file_are_expanded()
    {
        ElfFile elf = GuestReport.OfReading(TestElf.I686().WithRelr(0x2000, 0b1011, 0b11)).Elf!;

        Assert.Equal([0x2000, 0x2004, 0x200C, 0x2004 + (31 * 4)], elf.Relocations.Select(relocation => (int)relocation.Offset));
    }

    [Fact]
    public void More_packed_relocations_than_the_file_has_words_report_HL1016()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithRelr([0x2000, .. Enumerable.Repeat(ulong.MaxValue, 1000)]));

        Assert.Equal(["HL1016"], report.Codes);
        Assert.InRange(report.Elf!.Relocations.Length, 1, report.Elf.Bytes.Length / 8);
    }

    [Theory]
    [InlineData(nameof(ElfDynamicTag.RelaSize), 25)]                        // not a multiple of 24
    [InlineData(nameof(ElfDynamicTag.RelaSize), 240)]                       // beyond its segment and inside the file
    [InlineData(nameof(ElfDynamicTag.RelaEntrySize), 16)]
    [InlineData(nameof(ElfDynamicTag.Rela), 0x3000)]                        // in .bss
    [InlineData(nameof(ElfDynamicTag.Rela), 0xFFFFFFFFFFFFFFF8)]
    [InlineData(nameof(ElfDynamicTag.RelaSize), 0xFFFFFFFFFFFFFFE8)]
    [InlineData(nameof(ElfDynamicTag.Rel), 0x4000)]                         // DT_RELSZ is missing
    [InlineData(nameof(ElfDynamicTag.RelSize), 16)]                         // DT_REL is missing
    public void A_relocation_table_that_contradicts_itself_reports_HL1016(string tagName, ulong value)
    {
        ElfDynamicTag tag = Enum.Parse<ElfDynamicTag>(tagName);
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithRela(0x2008, 0).WithRela(0x2010, 0).WithDynamic(tag, value));

        Assert.Equal(["HL1016"], report.Codes.Distinct());
        Assert.NotNull(report.Elf);
    }

    [Fact]
    public void An_empty_relocation_table_may_point_anywhere() =>
        Assert.Empty(GuestReport.OfReading(TestElf.Amd64().WithDynamic(ElfDynamicTag.Rela, 0xDEAD0000)
            .WithDynamic(ElfDynamicTag.RelaSize, 0)).Findings);

    [Fact]
    public void A_dynamic_table_without_an_end_reports_HL1016_and_keeps_its_entries()
    {
        TestElf guest = TestElf.Amd64().WithNeeded("libc.so.6");
        ElfSegment table = GuestReport.OfReading(guest).Elf!.Segments.Single(segment => segment.Type == ElfSegmentType.Dynamic);
        GuestReport report = GuestReport.OfReading(
            TestElf.Amd64().WithNeeded("libc.so.6").WithBytesAt((int)(table.Offset + table.FileSize - 16), 99));

        Assert.Equal(["HL1016"], report.Codes);
        Assert.Equal(["libc.so.6"], report.Elf!.NeededLibraries);
    }

    [Fact]
    public void A_dynamic_table_outside_the_file_reports_HL1002()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64()
            .WithProgramHeader(new(0, ElfSegmentType.Dynamic, ElfSegmentFlags.Read, 0xFFFFFFFFFFFFFFF0, 0x4000, 0x20, 0x20, 8)));

        Assert.Equal(["HL1002"], report.Codes);
    }

    [Fact]
    public void A_second_dynamic_table_reports_HL1016()
    {
        GuestReport report = GuestReport.OfReading(TestElf.Amd64().WithNeeded("libc.so.6")
            .WithProgramHeader(new(0, ElfSegmentType.Dynamic, ElfSegmentFlags.Read, 0, 0, 0, 0, 8)));

        Assert.Equal(["HL1016"], report.Codes);
        Assert.Equal(["libc.so.6"], report.Elf!.NeededLibraries);
    }
}
