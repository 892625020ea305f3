using System.Diagnostics;
using Hyperlight.Building.Tests.Elf;
using Hyperlight.Elf;
using Hyperlight.SourceLines;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.SourceLines;

/// <summary>Tests that damaged debug information is left out, and takes little time and memory.</summary>
public sealed class HostileLinesTests
{
    private const long MostBytes = 16 << 20;
    private const int Rounds = 3000;

    private const string Source = """
        int add(int a, int b) { return a + b; }
        void entrypoint(void) { for (volatile int i = 0;; i++) { add(i, i); } }
        """;

    [Theory]
    [InlineData("-gdwarf-3 -gstrict-dwarf")]
    [InlineData("-gdwarf-5")]
    public void Mutated_debug_information_is_left_out(string version)
    {
        using NativeTools tools = new();
        byte[] original = File.ReadAllBytes(
            tools.Compile(Source, $"{version} -O0 -ffreestanding -nostdlib -fPIE -static-pie -Wl,--no-dynamic-linker -Wl,-e,entrypoint"));
        ElfFile elf = GuestReport.OfReading(original).Elf!;
        ElfSection[] sections = [.. elf.Sections.Where(section => section.Name is ".debug_line" or ".debug_line_str" or ".symtab")];
        int lines = LineTable.Read(elf).Count;
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
            changed += LineTable.Read(read).Count == lines ? 0 : 1;
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        }

        Assert.InRange(changed, Rounds / 10, Rounds);
    }

    [Fact]
    public void Many_damaged_units_and_many_files_take_little_time()
    {
        // A unit of version 9, and a unit of version 5 whose table claims a billion files.
        byte[] damaged = [2, 0, 0, 0, 9, 0];
        byte[] claims = [26, 0, 0, 0, 5, 0, 8, 0, 18, 0, 0, 0, 1, 1, 1, 0xFB, 14, 1, 1, 1, 8, 0x80, 0x94, 0xEB, 0xDC, 3, 0, 0, 0, 0];
        Stopwatch watch = Stopwatch.StartNew();

        Assert.Empty(LineTable.Read(WithLines([.. Enumerable.Repeat(damaged, 500_000).SelectMany(unit => unit)])));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Empty(LineTable.Read(WithLines(claims)));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
    }

    [Fact]
    public void A_program_that_makes_rows_without_end_is_cut()
    {
        // A header of version 2 with the first special opcode 10, and special opcodes that all make a row.
        byte[] header = [2, 0, 21, 0, 0, 0, 1, 1, 0xFB, 14, 10, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, (byte)'a', 0, 0, 0, 0, 0];
        byte[] unit = [.. header, .. Enumerable.Repeat((byte)20, 6_000_000)];
        ElfFile elf = WithLines([.. BitConverter.GetBytes(unit.Length), .. unit]);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Empty(LineTable.Read(elf));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 60 << 20, 160 << 20);
    }

    private static ElfFile WithLines(byte[] lines) =>
        GuestReport.OfReading(TestElf.Amd64().WithSection(".debug_line", ElfSectionType.ProgramBits, lines)).Elf!;
}
