using Hyperlight.Building.Tests.Elf;
using Hyperlight.Elf;
using Hyperlight.SourceLines;
using Hyperlight.Symbols;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.SourceLines;

/// <summary>Tests that damaged debug information is left out, and takes little time and memory.</summary>
public sealed class HostileLinesTests
{
    private const long MostBytes = 16 << 20;
    private const int Rounds = 3000;

    // The header of a line program of version 2 with one file, whose first special opcode is 10.
    private static readonly byte[] Header =
        [2, 0, 21, 0, 0, 0, 1, 1, 0xFB, 14, 10, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, (byte)'a', 0, 0, 0, 0, 0];

    private const string Source = """
        int add(int a, int b) { return a + b; }
        void entrypoint(void) { for (volatile int i = 0;; i++) { add(i, i); } }
        """;

    [Theory]
    [InlineData("-gdwarf-3 -gstrict-dwarf")]
    [InlineData("-gdwarf-4")]
    [InlineData("-gdwarf-5")]
    public void Mutated_debug_information_is_left_out(string version)
    {
        using NativeTools tools = new();
        byte[] original = File.ReadAllBytes(
            tools.Compile(Source, $"{version} -O0 -ffreestanding -nostdlib -fPIE -static-pie -Wl,--no-dynamic-linker -Wl,-e,entrypoint"));
        ElfFile elf = GuestReport.OfReading(original).Elf!;
        ElfSection[] sections =
        [
            .. elf.Sections.Where(section =>
                section.Name is ".debug_line" or ".debug_line_str" or ".debug_info" or ".debug_abbrev" or ".debug_str" or ".symtab"),
        ];
        IReadOnlyList<MapLine> lines = LineTable.Read(elf);
        Random random = new(5);
        int changed = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] mutant = [.. original];
            for (int changes = random.Next(1, 5); changes > 0; changes--)
            {
                ElfSection section = sections[random.Next(sections.Length)];
                mutant[(int)section.Offset + random.Next((int)section.Size)] = random.Next(3) == 0 ? (byte)0xFF : (byte)random.Next(256);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            ElfFile read = GuestReport.OfReading(mutant).Elf!;
            _ = new GuestSources(read).Find(read.Entry);
            changed += LineTable.Read(read).SequenceEqual(lines) ? 0 : 1;
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        }

        Assert.InRange(changed, Rounds / 10, Rounds);
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(70, false)]
    public void A_file_with_many_damaged_units_is_not_read_to_its_end(int count, bool isRead)
    {
        // Units of version 9, and a unit that is valid: file 1, the row of line 1, and the end.
        byte[] program = [0, 9, 2, 0x10, 0, 0, 0, 0, 0, 0, 0, 1, 0, 9, 2, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
        byte[] unit = [.. Header, .. program];
        byte[] damaged = [2, 0, 0, 0, 9, 0];
        byte[] lines = [.. Enumerable.Repeat(damaged, count).SelectMany(unit => unit), .. BitConverter.GetBytes(unit.Length), .. unit];

        Assert.Equal(isRead, LineTable.Read(WithLines(lines)).Any(line => line is { Address: 0x10, File: "a", Line: 1 }));
    }

    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 1, 1, 8 })]
    public void A_table_that_claims_a_billion_files_takes_little_memory(byte[] fields)
    {
        byte[] header = [1, 1, 1, 0xFB, 14, 1, .. fields, 0x80, 0x94, 0xEB, 0xDC, 3, 0, 0, 0, 0];
        byte[] unit = [5, 0, 8, 0, .. BitConverter.GetBytes(header.Length), .. header];
        ElfFile elf = WithLines([.. BitConverter.GetBytes(unit.Length), .. unit]);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Empty(LineTable.Read(elf));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 1, 1, 0x19 })]
    public void Tables_of_files_without_bytes_take_little_memory(byte[] fields)
    {
        // Each unit claims 65535 folders, none of which has a byte.
        byte[] header = [1, 1, 1, 0xFB, 14, 1, .. fields, 0xFF, 0xFF, 3, 0, 0];
        byte[] content = [5, 0, 8, 0, .. BitConverter.GetBytes(header.Length), .. header];
        byte[] unit = [.. BitConverter.GetBytes(content.Length), .. content];
        ElfFile elf = WithLines([.. Enumerable.Repeat(unit, 50).SelectMany(part => part)]);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Empty(LineTable.Read(elf));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Fact]
    public void A_program_that_makes_rows_without_end_is_cut()
    {
        // Each special opcode makes a row.
        byte[] unit = [.. Header, .. Enumerable.Repeat((byte)20, 6_000_000)];
        ElfFile elf = WithLines([.. BitConverter.GetBytes(unit.Length), .. unit]);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Empty(LineTable.Read(elf));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 60 << 20, 160 << 20);
    }

    private static ElfFile WithLines(byte[] lines) =>
        GuestReport.OfReading(TestElf.Amd64().WithText(0, 0x40).WithSection(".debug_line", ElfSectionType.ProgramBits, lines)).Elf!;
}
