using Hyperlight.Building.Tests.Elf;
using Hyperlight.Elf;
using Hyperlight.Linking;
using Hyperlight.SourceLines;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>Tests that the file with the symbols has the debug information of all objects.</summary>
public sealed class DebugTablesTests
{
    private const string First = """
        int add(int a, int b);
        static int unused(int a) { return add(a, a); }
        int (*keep)(int);

        void entrypoint(void)
        {
            add(1, 2);
            for (;;) { }
        }

        void other(void) { keep = unused; }
        """;

    private const string Second = """
        int add(int a, int b)
        {
            return a + b;
        }
        """;

    [Theory]
    [InlineData("gcc", "-gdwarf-4")]
    [InlineData("gcc", "-gdwarf-5")]
    [InlineData("clang", "-gdwarf-4")]
    [InlineData("clang", "-gdwarf-5")]
    public void Addr2line_finds_the_lines_of_all_objects_in_the_symbol_file(string compiler, string version)
    {
        using NativeTools tools = new();
        using TemporaryDirectory folder = new();
        TestGuest guest = TestGuest.Link(Input("first.o", First), Input("second.o", Second));
        ElfFile symbolFile = ElfFile.TryRead(guest.Linked.SymbolFile, [])!;
        string file = Path.Combine(folder.Path, "guest.debug");
        File.WriteAllBytes(file, guest.Linked.SymbolFile);
        ulong[] addresses = [.. FunctionTable.Read(symbolFile).Select(function => function.Address)];
        GuestSources sources = new(symbolFile);

        string[] places =
        [
            .. addresses.Select(sources.Find).Select(place => $"{place?.Function} {SourcePath.NameOf(place!.File!)}:{place.Line}"),
        ];

        Assert.Equal(["entrypoint guest.c:6", "add guest.c:3"], places);
        Assert.Equal(NativeTools.Addr2line(file, addresses), places);
        Assert.DoesNotContain(guest.Elf.Sections, section => section.Name.StartsWith(".debug", StringComparison.Ordinal));
        Assert.NotNull(guest.Elf.TryWithSymbolsOf(guest.Linked.SymbolFile));

        LinkInput Input(string name, string source) => new(name, File.ReadAllBytes(tools.Compile(
            source, $"-c {version} -O1 -ffreestanding -fPIE -fno-asynchronous-unwind-tables -ffunction-sections -fno-inline", compiler)));
    }

    [Fact]
    public void A_relocation_of_debug_information_behind_its_section_is_left_out()
    {
        TestObject source = TestObject.WithEntry([0x90, 0xC3])
            .WithSection(".debug_line", new byte[8], 0, ElfSectionType.ProgramBits)
            .WithRelocation(RelocationType.Absolute64, "entrypoint", 1, section: 2)
            .WithRelocation(RelocationType.Absolute32, "entrypoint", 4, section: 2)
            .WithRelocation(RelocationType.Absolute64, "entrypoint", ulong.MaxValue, section: 2);

        TestGuest guest = TestGuest.Link(source);

        ElfFile symbolFile = ElfFile.TryRead(guest.Linked.SymbolFile, [])!;
        ElfSection section = Assert.Single(symbolFile.Sections, section => section.Name == ".debug_line");
        byte[] content = symbolFile.Bytes.Slice((int)section.Offset, (int)section.Size).ToArray();
        Assert.Equal((0u, (uint)guest.Elf.Entry), (BitConverter.ToUInt32(content), BitConverter.ToUInt32(content, 4)));
    }
}
