using System.Diagnostics;
using Hyperlight.Elf;
using Hyperlight.Layouts;
using Hyperlight.Placement;
using Hyperlight.Testing;
using Hyperlight.Validation;

namespace Hyperlight.Building.Tests.Elf;

/// <summary>Tests hostile files: reading and validating always ends, in little time, and with memory in proportion to the file.</summary>
public sealed class HostileElfTests
{
    private const int MutationsPerFile = 4000;

    public static TheoryData<string> Subjects => new(["amd64", "i686", "amd64-dynamic", "i686-dynamic", "amd64-relr", "amd64-notes"]);

    [Theory]
    [MemberData(nameof(Subjects))]
    public void A_mutated_file_never_throws_and_takes_bounded_time_and_memory(string subject)
    {
        byte[] original = Subject(subject);
        Random random = new(subject.Sum(character => character));
        Examine(original);
        int readable = 0, differing = 0;
        Stopwatch watch = Stopwatch.StartNew();
        for (int round = 0; round < MutationsPerFile; round++)
        {
            byte[] mutated = Mutate(original, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            GuestReport report = Examine(mutated);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            Assert.True(
                allocated < (32 * mutated.Length) + 100_000,
                $"round {round}: 0x{mutated.Length:X} bytes made the reader allocate {allocated}");
            Assert.All(report.Findings, finding => Assert.InRange(finding.Message.Length, 1, 1000));
            readable += report.Elf is null ? 0 : 1;
            differing += report.Findings.Count > 0 ? 1 : 0;
        }

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));

        // Many mutations change more than the header and cause errors.
        Assert.InRange(readable, MutationsPerFile / 4, MutationsPerFile);
        Assert.InRange(differing, MutationsPerFile / 4, MutationsPerFile);
    }

    [Theory]
    [MemberData(nameof(Subjects))]
    public void A_file_cut_off_anywhere_has_an_error(string subject)
    {
        byte[] file = Subject(subject);
        Assert.Empty(Examine(file).Codes);
        for (int length = 0; length < file.Length; length++)
        {
            GuestReport report = Examine(file[..length]);

            Assert.Contains(report.Findings, finding => finding.Rule.Severity == FindingSeverity.Error);
        }
    }

    [Fact]
    public void A_million_sections_with_one_long_name_cost_no_more_than_the_file()
    {
        // The table of names is one long name without an end, and every section header refers to its start.
        byte[] names = new byte[4 << 20];
        names.AsSpan().Fill((byte)'a');
        names[^1] = 0;
        byte[] file = WithManySections(names, count: 100_000);

        ElfFile? elf = InLinearCost(file);

        Assert.Equal(100_000, elf!.Sections.Length);
        Assert.InRange(elf.Sections.Sum(section => (long)section.Name.Length), 1, file.Length);
    }

    [Fact]
    public void A_million_sections_with_a_name_without_an_end_cost_no_more_than_the_file()
    {
        byte[] names = new byte[4 << 20];
        names.AsSpan().Fill((byte)'a');

        Assert.All(InLinearCost(WithManySections(names, count: 100_000))!.Sections, section => Assert.Equal("", section.Name));
    }

    [Fact]
    public void Many_note_segments_over_the_same_bytes_cost_no_more_than_the_file()
    {
        byte[] notes = [.. Enumerable.Repeat(TestElf.Note("Other", 5, [], 4), 50_000).SelectMany(note => note)];
        TestElf WithHeaders(ElfSegment header)
        {
            TestElf guest = TestElf.Amd64().WithNoteSegment(notes);
            for (int count = 0; count < 20_000; count++)
            {
                guest.WithProgramHeader(header);
            }

            return guest;
        }

        // The place of the notes depends on the number of headers and not on their content.
        ElfSegment segment = GuestReport.OfReading(WithHeaders(default)).Elf!.Segments[3];
        TestElf guest = WithHeaders(segment);

        Assert.Equal(20_004, InLinearCost(guest.Build())!.Segments.Length);
    }

    [Fact]
    public void Many_segments_and_as_many_relocations_cost_no_more_than_the_file()
    {
        TestElf guest = TestElf.Amd64().WithoutSegments();
        ElfSegment empty = new(0, ElfSegmentType.Load, ElfSegmentFlags.Read, 0, 0, 0, 1, 1);
        for (ulong count = 0; count < 50_000; count++)
        {
            guest.WithProgramHeader(empty with { VirtualAddress = 0x40000000 - (count * 0x10) }).WithRela(count * 0x20, 0);
        }

        ElfFile? elf = InLinearCost(guest.Build());

        Assert.Equal(50_000, elf!.Relocations.Length);
        Assert.Equal(50_001, elf.LoadSegments.Length);
    }

    [Fact]
    public void Packed_relocations_that_describe_the_whole_address_space_cost_no_more_than_the_file()
    {
        byte[] file = TestElf.Amd64().WithRelr([0x2000, .. Enumerable.Repeat(ulong.MaxValue, 500_000)]).Build();

        Assert.InRange(InLinearCost(file)!.Relocations.Length, 1, file.Length / 8);
    }

    [Theory]
    [InlineData(nameof(ElfSectionType.Rela))]
    [InlineData(nameof(ElfSectionType.InitializationArray))]
    public void Many_tables_that_the_guest_may_refer_to_cost_no_more_than_the_file(string typeName)
    {
        ElfSectionType type = Enum.Parse<ElfSectionType>(typeName);
        // A search for each table in all code, all relocations and the whole dynamic table would be quadratic.
        byte[] code = [.. Enumerable.Repeat((byte)0x90, 1 << 20)];
        TestElf guest = TestElf.Amd64().WithSegment(0x100000, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, code);
        for (ulong count = 0; count < 20_000; count++)
        {
            guest.WithLoadedSection("table", type, 0x100000 + (count * 0x20)).WithDynamic((ElfDynamicTag)0x60000001, count)
                .WithRela(0x2000, (long)count);
        }

        Assert.Equal(20_000, InLinearCost(guest.Build())!.Sections.Count(section => section.Type == type && section.Name == "table"));
    }

    [Fact]
    public void Many_segments_and_as_many_functions_cost_no_more_than_the_file()
    {
        TestElf guest = TestElf.Amd64().WithoutSegments();
        ElfSegment segment = new(0, ElfSegmentType.Load, ElfSegmentFlags.Execute, 0, 0, 16, 16, 1);
        for (ulong count = 0; count < 50_000; count++)
        {
            guest.WithProgramHeader(segment with { VirtualAddress = 0x100000 + (count * 0x10) }).WithSymbol(
                "f", 0x100000 + (49_999 * 0x10), size: 8);
        }

        Assert.Equal(50_000, InLinearCost(guest.Build())!.Symbols.Count(symbol => symbol.Type == ElfSymbolType.Function));
    }

    /// <summary>
    /// Reads and validates a file. Memory must be in proportion to the file, and time too in one of three attempts.
    /// </summary>
    private static ElfFile? InLinearCost(byte[] file)
    {
        GuestReport report;
        TimeSpan elapsed;
        int attempt = 0;
        do
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Stopwatch watch = Stopwatch.StartNew();
            report = Examine(file);
            elapsed = watch.Elapsed;
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (32L * file.Length) + 100_000);
        }
        while (elapsed > TimeSpan.FromSeconds(2) && ++attempt < 3);

        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        return report.Elf;
    }

    private static GuestReport Examine(byte[] file)
    {
        GuestReport report = GuestReport.OfReading(file);
        if (report.Elf is { } elf)
        {
            _ = elf.Symbols;
            GuestLayout? layout = LayoutSelection.Select(elf, assertedArchitecture: null, report.Findings);
            GuestValidator.Validate(elf, layout ?? GuestLayouts.I686V13, report.Findings);
        }

        return report;
    }

    /// <summary>Writes extreme values into one to four fields, mostly near the headers and the tables behind the segments.</summary>
    private static byte[] Mutate(byte[] original, Random random)
    {
        ulong[] values =
        [
            0, 1, 7, 8, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, long.MaxValue, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 7,
            (ulong)original.Length,
        ];
        byte[] mutated = [.. original];
        for (int count = random.Next(1, 5); count > 0; count--)
        {
            int end = random.Next(2) == 0 ? 0x200 : mutated.Length;
            int size = 1 << random.Next(4);
            int position = random.Next(8, end - size) & ~(size - 1);
            byte[] value = BitConverter.GetBytes(random.Next(3) == 0 ? (ulong)random.NextInt64() : values[random.Next(values.Length)]);
            value.AsSpan(0, size).CopyTo(mutated.AsSpan(position));
        }

        return random.Next(8) == 0 ? mutated[..random.Next(mutated.Length)] : mutated;
    }

    private static byte[] Subject(string name) => (name switch
    {
        "amd64" => TestElf.Amd64(),
        "i686" => TestElf.I686(),
        "amd64-dynamic" =>
            TestElf.Amd64().WithRela(0x2000, 0x10).WithRela(0x2008, 0x20).WithJmprel(0x2010, 8).WithSymbol("entrypoint", 0x10),
        "i686-dynamic" =>
            TestElf.I686().WithRel(0x2000).WithRel(0x2004).WithRela(0x2008, 4).WithJmprel(0x2010, 8).WithSymbol("entrypoint", 0x10),
        "amd64-relr" => TestElf.Amd64().WithRelr(0x2000, 0b10101, 0x2400, 0xFF),
        "amd64-notes" => TestElf.Amd64().WithVersionNote("0.16.0").WithVersionNoteSegment("0.16.0").WithBuildId(1, 2, 3, 4),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    }).Build();

    private static byte[] WithManySections(byte[] names, int count)
    {
        const int HeaderSize = 64, CountField = 60, OffsetField = 40, NamesIndexField = 62;
        const int SectionOffsetField = 24, SectionSizeField = 32, LinkField = 40;
        byte[] file = TestElf.Amd64().WithSection(".names", ElfSectionType.StringTable, names).Build();
        ElfSection section = GuestReport.OfReading(file).Elf!.Sections[1];
        byte[] headers = new byte[HeaderSize * count];

        // Every header has the name at offset 0. Header 0 holds the numbers that do not fit the ELF header, header 1 is the table of names.
        BitConverter.TryWriteBytes(headers.AsSpan(SectionSizeField), (long)count);
        BitConverter.TryWriteBytes(headers.AsSpan(LinkField), 1);
        BitConverter.TryWriteBytes(headers.AsSpan(HeaderSize + SectionOffsetField), section.Offset);
        BitConverter.TryWriteBytes(headers.AsSpan(HeaderSize + SectionSizeField), section.Size);
        BitConverter.TryWriteBytes(file.AsSpan(OffsetField), (long)file.Length);
        BitConverter.TryWriteBytes(file.AsSpan(CountField), (ushort)0);
        BitConverter.TryWriteBytes(file.AsSpan(NamesIndexField), (ushort)0xFFFF);
        return [.. file, .. headers];
    }
}
