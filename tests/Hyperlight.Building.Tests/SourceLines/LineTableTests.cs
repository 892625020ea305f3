using System.Globalization;
using System.Text.RegularExpressions;
using Hyperlight.Building.Tests.Elf;
using Hyperlight.Elf;
using Hyperlight.SourceLines;
using Hyperlight.Symbols;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.SourceLines;

/// <summary>Compares the lines and functions of compiled guests with what readelf and addr2line print.</summary>
public sealed partial class LineTableTests : IDisposable
{
    private const string Source = """
        static inline __attribute__((always_inline)) int twice(int x)
        {
            return 2 * x;
        }

        __attribute__((noinline, section(".text.other"))) int add(int a, int b)
        {
            if (a > 100)
            {
                return b - a;
            }

            return twice(a) + b;
        }

        __attribute__((section(".text.unused"))) int unused(int a)
        {
            return a + 300;
        }

        __asm__(".globl spin\nspin:\n nop\n jmp spin\n");
        void spin(void);

        #line 70000 "generated/large.c"
        void entrypoint(void)
        {
            volatile int sum = 0;
            for (int i = 0; i < 10; i++)
            {
                sum += add(sum, i);
            }
            spin();
        }
        """;

    private const string Link = "-ffreestanding -nostdlib -Wl,-e,entrypoint -ffunction-sections -Wl,--gc-sections";
    private const string Amd64 = $"-fPIE -static-pie -Wl,--no-dynamic-linker {Link}";
    private const string I686 = $"-m32 -fno-pie -no-pie -static -Wl,-Ttext-segment=0x100000 {Link}";

    private const string I686Lld = $"-m32 -fno-pie -static -Wl,--image-base=0x100000 {Link}";

    private readonly NativeTools _tools = new();

    public static TheoryData<string, string> Builds => new()
    {
        { "gcc", $"-gdwarf-2 -gstrict-dwarf -O1 {Amd64}" },
        { "gcc", $"-gdwarf-3 -gstrict-dwarf -O0 {Amd64}" },
        { "gcc", $"-gdwarf-4 -O2 {Amd64}" },
        { "gcc", $"-gdwarf-5 -O2 {Amd64}" },
        { "gcc", $"-gdwarf-5 -gdwarf64 -O1 {Amd64}" },
        { "gcc", $"-gdwarf-5 -O1 {I686}" },
        { "clang", $"-gdwarf-2 -O1 {Amd64}" },
        { "clang", $"-gdwarf-4 -O2 -fuse-ld=lld {Amd64}" },
        { "clang", $"-gdwarf-5 -O2 -fuse-ld=lld {Amd64}" },
        { "clang", $"-gdwarf-5 -O1 -fuse-ld=lld {I686Lld}" },
    };

    public void Dispose() => _tools.Dispose();

    [Theory]
    [MemberData(nameof(Builds))]
    public void The_lines_of_a_guest_are_those_that_readelf_prints(string compiler, string arguments)
    {
        string file = _tools.Compile(Source, arguments, compiler);
        ElfFile elf = Read(file);
        CodeRanges code = new(elf);

        // readelf also prints the rows of code that was left out. A row can be at the end of the code.
        HashSet<string> printed =
        [
            .. NativeTools.Readelf("--debug-dump=decodedline", file).Select(line => Row().Match(line)).Where(match => match.Success)
                .Select(match => (
                    File: SourcePath.NameOf(match.Groups[1].Value), Line: match.Groups[2].Value, Address: Hex(match.Groups[3].Value)))
                .Where(row => code.EndAround(row.Address) > 0 && row.Line != "0")
                .Select(row => $"{row.Address:x} {row.File}:{row.Line}"),
        ];
        HashSet<string> read =
        [
            .. LineTable.Read(elf).Where(line => line.File is not null && code.EndAround(line.Address) > 0)
                .Select(line => $"{line.Address:x} {SourcePath.NameOf(line.File!)}:{line.Line}"),
        ];

        Assert.Contains(printed, row => row.EndsWith("large.c:70005", StringComparison.Ordinal));
        Assert.Equal(printed.Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
    }

    // addr2line of GNU binutils 2.40 names inlined functions at -O0, and takes a wrong file from clang's DWARF 5.
    [Theory]
    [InlineData("gcc", $"-gdwarf-2 -gstrict-dwarf -O1 {Amd64}")]
    [InlineData("gcc", $"-gdwarf-5 -O2 {Amd64}")]
    [InlineData("gcc", $"-gdwarf-5 -O1 {I686}")]
    [InlineData("clang", $"-gdwarf-4 -O2 -fuse-ld=lld {Amd64}")]
    public void The_place_of_each_instruction_is_the_one_that_addr2line_prints(string compiler, string arguments)
    {
        string file = _tools.Compile(Source, arguments, compiler);
        ElfFile elf = Read(file);
        GuestSources sources = new(elf);
        ulong[] addresses = [.. FunctionTable.Read(elf).SelectMany(Addresses)];
        string[] printed = NativeTools.Addr2line(file, addresses);

        string[] read =
        [
            .. addresses.Select(sources.Find).Select(place =>
                $"{place?.Function} {(place?.File is { } path ? $"{SourcePath.NameOf(path)}:{place.Line}" : "??:0")}"),
        ];

        Assert.Contains(read, place => place.StartsWith("add guest.c:", StringComparison.Ordinal));
        Assert.Contains(read, place => place.StartsWith("spin ", StringComparison.Ordinal));
        Assert.Equal(printed, read);

        static IEnumerable<ulong> Addresses(MapFunction function)
        {
            for (ulong offset = 0; offset < function.Size; offset++)
            {
                yield return function.Address + offset;
            }
        }
    }

    [Fact]
    public void A_stripped_guest_has_the_places_of_its_twins()
    {
        string twin = _tools.Compile(Source, $"-gdwarf-4 -O1 -Wl,--build-id {Amd64}");
        ElfFile full = Read(twin);
        byte[] stripped = File.ReadAllBytes(NativeTools.Objcopy(twin, "--strip-all", ".stripped"));
        byte[] debug = File.ReadAllBytes(NativeTools.KeepDebug(twin));
        ElfFile guest = GuestReport.OfReading(stripped).Elf!;

        Assert.Empty(FunctionTable.Read(guest));
        foreach (byte[] bytes in (byte[][])[File.ReadAllBytes(twin), debug])
        {
            ElfFile? complete = guest.TryWithSymbolsOf(bytes);
            Assert.NotNull(complete);
            Assert.Equal(full.Symbols, complete.Symbols);
            Assert.Equal(LineTable.Read(full), LineTable.Read(complete.SymbolFile));
            Assert.Equal(FunctionTable.Read(full), FunctionTable.Read(complete.SymbolFile));
        }
    }

    [Fact]
    public void A_file_of_another_guest_is_no_twin()
    {
        string changed = Source.Replace("> 100", "> 101", StringComparison.Ordinal);
        byte[] guest = Compile(Source, "--build-id=none");
        byte[] identified = Compile(Source, "--build-id=0xabcd");
        ElfFile elf = GuestReport.OfReading(guest).Elf!;

        Assert.NotNull(elf.TryWithSymbolsOf(guest));
        Assert.Equal(guest.Length, Compile(changed, "--build-id=none").Length);
        Assert.Null(elf.TryWithSymbolsOf(Compile(changed, "--build-id=none")));
        Assert.Null(elf.TryWithSymbolsOf("no file"u8.ToArray()));
        Assert.Null(elf.TryWithSymbolsOf(TestElf.I686().Build()));
        Assert.NotNull(GuestReport.OfReading(identified).Elf!.TryWithSymbolsOf(identified));
        Assert.Null(GuestReport.OfReading(identified).Elf!.TryWithSymbolsOf(Compile(Source, "--build-id=0xabce")));

        byte[] Compile(string source, string id) => File.ReadAllBytes(_tools.Compile(source, $"-g -O1 -Wl,{id} {Amd64}"));
    }

    private static ElfFile Read(string file) => GuestReport.OfReading(File.ReadAllBytes(file)).Elf!;

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    // guest.c                                8              0x1004       1       x
    [GeneratedRegex(@"^(\S+) +(\d+) +0x([0-9a-f]+)")]
    private static partial Regex Row();
}
