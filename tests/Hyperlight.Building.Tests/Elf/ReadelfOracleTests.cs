using System.Globalization;
using System.Text.RegularExpressions;
using Hyperlight.Elf;
using Hyperlight.Layouts;
using Hyperlight.Placement;
using Hyperlight.Validation;

namespace Hyperlight.Building.Tests.Elf;

/// <summary>Compares our reader with readelf on files that gcc links.</summary>
public sealed partial class ReadelfOracleTests : IDisposable
{
    private const string Guest = """
        __asm__(".section .note.hyperlight-version,\"a\",@note\n.balign 8\n.long 11\n.long 7\n.long 1\n"
                ".asciz \"Hyperlight\"\n.balign 8\n.asciz \"VERSION\"\n.balign 8\n.text");
        static int first, second[40];
        int *table[] = { &first, &second[3], &second[7], 0, &second[39] };
        void entrypoint(void) { for (;;) { second[1] += *table[first & 3]; } }
        """;

    private const string Program = """
        #include <stdio.h>
        __thread int local = 4;
        int main(void) { printf("%d\n", local); return puts("x"); }
        """;

    private const string AmdGuest = "-O1 -ffreestanding -nostdlib -fPIE -static-pie -Wl,-e,entrypoint -Wl,--build-id=sha1";
    private const string I686Guest =
        "-m32 -O1 -ffreestanding -nostdlib -fno-pie -no-pie -static -Wl,-e,entrypoint -Wl,-Ttext-segment=0 -Wl,--build-id=md5";
    private const string I686Pie = "-m32 -O1 -ffreestanding -nostdlib -fPIE -static-pie -Wl,-e,entrypoint -Wl,--build-id=sha1";

    private readonly NativeTools _tools = new();

    public static TheoryData<string, string> Builds => new()
    {
        { Guest, AmdGuest },
        { Guest, AmdGuest + " -s" },
        { Guest, AmdGuest + " -g -Wl,-z,pack-relative-relocs" },
        { Guest, AmdGuest + " -Wl,-z,noseparate-code" },
        { Guest, I686Guest },
        { Guest, I686Pie },
        { Guest, I686Pie + " -Wl,-z,pack-relative-relocs" },
        { Program, "-O1" },
        { Program, "-O1 -static-pie" },
    };

    public void Dispose() => _tools.Dispose();

    [Theory]
    [MemberData(nameof(Builds))]
    public void A_linked_file_reads_as_readelf_prints_it(string source, string arguments)
    {
        string file = _tools.Compile(source, arguments);
        byte[] bytes = File.ReadAllBytes(file);
        LibObjectFileOracle.AssertAgrees(bytes);
        GuestReport report = GuestReport.OfReading(bytes);

        Assert.NotNull(report.Elf);
        Assert.Empty(report.Findings);
        Assert.Equal(EntryPoint(file), report.Elf.Entry);
        Assert.Equal(Segments(file), report.Elf.Segments.Select(Describe));
        Assert.Equal(Sections(file), report.Elf.Sections.Select(Describe));
        Assert.Equal(Relocations(file).Order(), report.Elf.Relocations.Select(relocation => (relocation.Offset, relocation.Type)).Order());
        Assert.Equal(Symbols(file), report.Elf.Symbols.Select(symbol => (symbol.Value, symbol.Size)));
        Assert.Equal(NeededLibraries(file), report.Elf.NeededLibraries);
        Assert.Equal(BuildId(file), report.Elf.BuildId);
        Assert.Equal(source == Guest ? "VERSION" : null, report.Elf.HyperlightVersion);
    }

    [Theory]
    [InlineData(AmdGuest, "0.16.0", "amd64-0.16")]
    [InlineData(AmdGuest + " -Wl,-z,pack-relative-relocs", "0.15.0", "amd64-0.16")]
    [InlineData(I686Guest, "0.13.1", "i686-0.13")]
    [InlineData(I686Pie, "0.14.0", "i686-0.13")]
    public void A_linked_guest_is_valid_for_its_layout(string arguments, string version, string layout)
    {
        GuestReport report = GuestReport.OfReading(
            File.ReadAllBytes(_tools.Compile(Guest.Replace("VERSION", version, StringComparison.Ordinal), arguments)));

        Assert.Equal(version, report.Elf?.HyperlightVersion);
        GuestLayout? selected = LayoutSelection.Select(report.Elf!, null, report.Findings);
        Assert.Equal(layout, selected?.Id);
        GuestValidator.Validate(report.Elf!, selected!, report.Findings);
        Assert.Empty(report.Codes);
        Assert.NotEmpty(report.Elf!.Symbols.Where(symbol => symbol.Name == "entrypoint" && symbol.Value == report.Elf.Entry));
    }

    [Fact]
    public void An_ordinary_linux_program_is_refused_for_everything_a_guest_has_no_loader_for()
    {
        GuestReport report = GuestReport.OfReading(File.ReadAllBytes(_tools.Compile(Program, "-O1")));
        Assert.NotNull(report.Elf);
        GuestValidator.Validate(report.Elf, GuestLayouts.Amd64V16, report.Findings);

        Assert.Equal(["HL1011", "HL1012", "HL1013", "HL1014"], report.Codes.Distinct().Order(StringComparer.Ordinal));
        Assert.Contains("R_X86_64_GLOB_DAT", report.Text, StringComparison.Ordinal);
    }

    private static ulong EntryPoint(string file) =>
        Hex(NativeTools.Readelf("-h", file).Single(line => line.Contains("Entry point", StringComparison.Ordinal)).Split(':')[1].Trim());

    private static IEnumerable<string> Segments(string file) => NativeTools.Readelf("-l", file)
        .Select(line => SegmentLine().Match(line)).Where(match => match.Success)
        .Select(match => $"{Hex(match, 1)} {Hex(match, 2)} {Hex(match, 3)} {Hex(match, 4)} {Flags(match.Groups[5].Value)} {Hex(match, 6)}");

    private static string Describe(ElfSegment segment) =>
        $"{segment.Offset} {segment.VirtualAddress} {segment.FileSize} {segment.MemorySize} {(ulong)segment.Flags} {segment.Alignment}";

    private static ulong Flags(string letters) => (letters.Contains('R', StringComparison.Ordinal) ? 4UL : 0)
        | (letters.Contains('W', StringComparison.Ordinal) ? 2UL : 0) | (letters.Contains('E', StringComparison.Ordinal) ? 1UL : 0);

    private static IEnumerable<string> Sections(string file) => NativeTools.Readelf("-S", file)
        .Select(line => SectionLine().Match(line)).Where(match => match.Success)
        .Select(match => $"{match.Groups[1].Value} {Hex(match, 2)} {Hex(match, 3)} {Hex(match, 4)} {Hex(match, 5)}");

    private static string Describe(ElfSection section) =>
        $"{section.Name} {section.Address} {section.Offset} {section.Size} {section.EntrySize}";

    /// <summary>Reads the list of relocations. REL and RELA have an info column; RELR is a list of addresses.</summary>
    private static IEnumerable<(ulong Offset, uint Type)> Relocations(string file)
    {
        bool isElf64 = File.ReadAllBytes(file)[4] == 2;
        foreach (Match match in NativeTools.Readelf("-r", file).Select(line => RelocationLine().Match(line)).Where(match => match.Success))
        {
            ulong info = match.Groups[2].Success ? Hex(match, 2) : ElfRelocation.Relative;
            yield return (Hex(match, 1), (uint)(isElf64 ? info & uint.MaxValue : info & byte.MaxValue));
        }
    }

    private static List<(ulong Value, ulong Size)> Symbols(string file)
    {
        // .symtab is printed behind .dynsym; number 0 of each is the empty symbol.
        List<(ulong Value, ulong Size)> symbols = [];
        foreach (Match match in NativeTools.Readelf("-s", file).Select(line => SymbolLine().Match(line)).Where(match => match.Success))
        {
            if (match.Groups[1].Value == "0")
            {
                symbols.Clear();
                continue;
            }

            // Sizes of six digits and more are printed in hexadecimal.
            string size = match.Groups[3].Value;
            symbols.Add((Hex(match, 2), size.StartsWith("0x", StringComparison.Ordinal)
                ? Hex(size)
                : ulong.Parse(size, CultureInfo.InvariantCulture)));
        }

        return symbols;
    }

    private static IEnumerable<string> NeededLibraries(string file) =>
        NativeTools.Readelf("-d", file).Where(line => line.Contains("(NEEDED)", StringComparison.Ordinal))
            .Select(line => line.Split('[', ']')[1]);

    private static string? BuildId(string file) =>
        NativeTools.Readelf("-n", file).FirstOrDefault(line => line.Contains("Build ID:", StringComparison.Ordinal))?.Split(':')[1].Trim();

    private static ulong Hex(Match match, int group) => Hex(match.Groups[group].Value);

    private static ulong Hex(string text) =>
        ulong.Parse(text.Replace("0x", "", StringComparison.Ordinal), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    //   LOAD  0x001000 0x0000000000001000 0x0000000000001000 0x000029 0x000029 R E 0x1000
    [GeneratedRegex(@"^  \S+\s+(0x\w+) (0x\w+) 0x\w+ (0x\w+) (0x\w+) ([RWE ]{3}) (0x\w+|0)$")]
    private static partial Regex SegmentLine();

    //   [ 5] .text  PROGBITS  0000000000001000 001000 000029 00  AX  0   0  1
    [GeneratedRegex(@"^  \[ *\d+\] (\S*) +[A-Z]\S* +([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) ")]
    private static partial Regex SectionLine();

    // 0000000000003000  0000000000000008 R_X86_64_RELATIVE   3010
    [GeneratedRegex(@"^([0-9a-f]{8,16})(?:  ([0-9a-f]{8,16}) .*)?$")]
    private static partial Regex RelocationLine();

    //      1: 0000000000000000     0 FILE    LOCAL  DEFAULT  ABS guest.c
    [GeneratedRegex(@"^ +(\d+): ([0-9a-f]+) +(\w+) ")]
    private static partial Regex SymbolLine();
}
