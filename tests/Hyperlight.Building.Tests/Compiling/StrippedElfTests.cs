using Hyperlight.Compiling;
using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Compiling;

/// <summary>Removes debug information from ELF files.</summary>
public sealed class StrippedElfTests
{
    private static TestElf Guest => TestElf.Amd64().WithText(0x1000, 0x100).WithSymbol("add", 0x1010, 0x20, ElfSymbolType.Function);

    [Fact]
    public void Debug_sections_are_removed_and_segments_and_symbols_stay()
    {
        byte[] full = Guest.WithLines(0x1030, (0x1010, "add.rs", 7)).Build();

        byte[] stripped = StrippedElf.Of(full);

        ElfFile before = Read(full), after = Read(stripped);
        Assert.Contains(before.Sections, section => section.Name == ".debug_line");
        Assert.DoesNotContain(after.Sections, section => section.Name.StartsWith(".debug", StringComparison.Ordinal));
        Assert.Equal(before.Sections.Length, after.Sections.Length);
        Assert.Equal(before.Segments, after.Segments);
        Assert.Equal(before.Symbols, after.Symbols);
        Assert.True(stripped.Length < full.Length, $"{stripped.Length} and {full.Length} bytes");
        Assert.All(before.LoadSegments, segment => Assert.Equal(
            full.AsSpan((int)segment.Offset, (int)segment.FileSize), stripped.AsSpan((int)segment.Offset, (int)segment.FileSize)));
        Assert.Equal(stripped, StrippedElf.Of(stripped));
    }

    [Fact]
    public void A_file_without_debug_information_stays_as_it_is()
    {
        byte[] guest = Guest.Build();

        Assert.Same(guest, StrippedElf.Of(guest));
        Assert.Equal([1, 2, 3], StrippedElf.Of([1, 2, 3]));
    }

    [Fact]
    public void A_damaged_file_gives_no_exception_and_no_larger_file()
    {
        byte[] original = Guest.WithLines(0x1030, (0x1010, "add.rs", 7)).Build();
        int headers = (int)BitConverter.ToUInt64(original, 40);
        Random random = new(7);
        int stripped = 0;
        for (int round = 0; round < 5000; round++)
        {
            byte[] mutant = [.. original];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                int offset = random.Next(2) == 0 ? random.Next(64) : random.Next(headers, original.Length);
                mutant[offset] = random.Next(3) == 0 ? (byte)0xFF : (byte)random.Next(256);
            }

            byte[] result = StrippedElf.Of(mutant);
            Assert.InRange(result.Length, 0, original.Length + (4096 * 8));
            stripped += result.Length < original.Length ? 1 : 0;
        }

        Assert.InRange(stripped, 100, 4900);
    }

    private static ElfFile Read(byte[] file)
    {
        List<Finding> findings = [];
        ElfFile? elf = ElfFile.TryRead(file, findings);
        Assert.Empty(findings);
        return elf!;
    }
}
