using System.Text;
using Hyperlight.Building.Tests.Elf;
using Hyperlight.Building.Tests.Linking;
using Hyperlight.Elf;
using Hyperlight.Linking;
using Hyperlight.SourceLines;
using Hyperlight.Symbols;

namespace Hyperlight.Building.Tests.SourceLines;

/// <summary>Tests that a relative path of a source is found: the compiler's folder is in front of it.</summary>
public sealed class CompilerFoldersTests : IDisposable
{
    private const string Source = """
        void entrypoint(void)
        {
            for (volatile int i = 0;; i++) { }
        }
        """;

    private const string RustSource = """
        #![no_std]

        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }

        #[no_mangle]
        pub extern "C" fn entrypoint() -> ! { loop {} }
        """;

    private const string Link = "-ffreestanding -nostdlib -Wl,-e,entrypoint";
    private const string Amd64 = $"-fPIE -static-pie -Wl,--no-dynamic-linker {Link}";
    private const string I686 = $"-m32 -fno-pie -no-pie -static -Wl,-Ttext-segment=0x100000 {Link}";
    private const string I686Lld = $"-m32 -fno-pie -static -fuse-ld=lld -Wl,--image-base=0x100000 {Link}";
    private const string Object = "-c -O1 -ffreestanding -fPIE -fno-asynchronous-unwind-tables";

    private static readonly string NoGuest = new('0', 64);

    private readonly NativeTools _tools = new();

    public void Dispose() => _tools.Dispose();

    [Theory]
    [InlineData("gcc", $"-gdwarf-2 -gstrict-dwarf {Amd64}")]
    [InlineData("gcc", $"-gdwarf-3 -gstrict-dwarf -O1 {Amd64}")]
    [InlineData("gcc", $"-gdwarf-4 -O2 {Amd64}")]
    [InlineData("gcc", $"-gdwarf-5 -O2 {Amd64}")]
    [InlineData("gcc", $"-gdwarf-3 -gdwarf64 {Amd64}")]
    [InlineData("gcc", $"-gdwarf-4 -gdwarf64 -O1 {Amd64}")]
    [InlineData("gcc", $"-gdwarf-2 -gstrict-dwarf {I686}")]
    [InlineData("gcc", $"-gdwarf-4 -O1 {I686}")]
    [InlineData("clang", $"-gdwarf-2 -O1 {Amd64}")]
    [InlineData("clang", $"-gdwarf-3 {Amd64}")]
    [InlineData("clang", $"-gdwarf-4 -O2 -fuse-ld=lld {Amd64}")]
    [InlineData("clang", $"-gdwarf-5 -O2 {Amd64}")]
    [InlineData("clang", $"-gdwarf-4 -gdwarf64 -O1 {Amd64}")]
    [InlineData("clang", $"-gdwarf-3 -O1 {I686Lld}")]
    public void A_relative_path_gets_the_folder_of_the_compiler(string compiler, string arguments)
    {
        ElfFile elf = Read(File.ReadAllBytes(_tools.CompileIn("guest", "src/main.c", Source, arguments, compiler)));

        Assert.Equal($"{_tools.Folder}/guest/src/main.c", new GuestSources(elf).Find(elf.Entry)?.File);
        Assert.Equal("guest/src/main.c", FileInMap(elf, _tools.Folder));
        Assert.Equal("main.c", FileInMap(elf, Path.Combine(_tools.Folder, "guest", "obj")));
    }

    [Theory]
    [InlineData("gcc")]
    [InlineData("clang")]
    public void Objects_of_several_folders_have_their_own(string compiler)
    {
        LinkInput first = Input("first", "void other(void);\nvoid entrypoint(void) { for (;;) { other(); } }");
        LinkInput second = Input("second", "void other(void) { for (volatile int i = 0;; i++) { } }");
        ElfFile elf = Read(TestGuest.Link(first, second).Linked.SymbolFile);

        Assert.Equal(
            [$"{_tools.Folder}/first/src/main.c", $"{_tools.Folder}/second/src/main.c"],
            FunctionTable.Read(elf).Select(function => new GuestSources(elf).Find(function.Address)?.File));

        LinkInput Input(string folder, string source) =>
            new($"{folder}.o", File.ReadAllBytes(_tools.CompileIn(folder, "src/main.c", source, $"-gdwarf-4 {Object}", compiler)));
    }

    [Fact]
    public void A_path_of_rust_gets_the_folder_of_its_crate()
    {
        const string Options = "-g -C panic=abort -C force-unwind-tables=no --crate-type=lib --emit=obj";
        string file = _tools.CompileIn("guest", "src/main.rs", RustSource, Options, "rustc");
        ElfFile elf = Read(TestGuest.Link(new LinkInput("guest.o", File.ReadAllBytes(file))).Linked.SymbolFile);

        Assert.Equal($"{_tools.Folder}/guest/src/main.rs", new GuestSources(elf).Find(elf.Entry)?.File);
        Assert.Equal("guest/src/main.rs", FileInMap(elf, _tools.Folder));
    }

    [Theory]
    [InlineData(2, false, 8)]
    [InlineData(2, true, 4)]
    [InlineData(3, false, 8)]
    [InlineData(3, true, 4)]
    [InlineData(4, false, 8)]
    [InlineData(4, true, 4)]
    public void Fields_of_all_forms_are_skipped(byte version, bool is64, byte addressSize)
    {
        byte[] address = new byte[addressSize];
        byte[] offset = TestUnits.Offset(1, is64);
        (byte Name, byte Form, byte[] Value)[] fields =
        [
            (0x11, 0x01, address), (0x02, 0x03, [2, 0, 9, 9]), (0x02, 0x04, [1, 0, 0, 0, 9]), (0x13, 0x05, [9, 9]),
            (0x13, 0x06, [9, 9, 9, 9]), (0x13, 0x07, new byte[8]), (0x03, 0x08, [9, 0]), (0x02, 0x09, [2, 9, 9]), (0x02, 0x0A, [1, 9]),
            (0x13, 0x0B, [9]), (0x53, 0x0C, [9]), (0x13, 0x0D, [0x89, 0x79]), (0x25, 0x0E, offset), (0x13, 0x0F, [0x89, 9]),
            (0x18, 0x10, version == 2 ? address : offset), (0x18, 0x11, [9]), (0x18, 0x12, [9, 9]), (0x18, 0x13, [9, 9, 9, 9]),
            (0x18, 0x14, new byte[8]), (0x18, 0x15, [0x89, 9]), (0x13, 0x16, [0x16, 0x05, 9, 9]), (0x55, 0x17, offset),
            (0x02, 0x18, [1, 9]), (0x53, 0x19, []), (0x18, 0x20, new byte[8]),
            (0x1B, 0x0E, offset),
        ];
        byte[] first = TestUnits.Lines("a.c", 0x10, version, is64);
        byte linesForm = version >= 4 ? (byte)0x17 : is64 ? (byte)0x07 : (byte)0x06;

        // The table is behind another table, and the abbreviation behind another abbreviation, of the code 300.
        byte[] abbreviations =
        [
            .. TestUnits.Abbreviation, 0xAC, 2, 0x11, 0, 0x1B, 0x08, 0, 0,
            1, 0x11, 1, .. fields.SelectMany(field => (byte[])[field.Name, field.Form]), 0x10, linesForm, 0, 0, 0,
        ];
        byte[] entry = [1, .. fields.SelectMany(field => field.Value), .. TestUnits.Offset(first.Length, is64), 0];
        ElfFile elf = TestUnits.Elf(
            [.. first, .. TestUnits.Lines("src/b.c", 0x20, version, is64)],
            TestUnits.Unit(TestUnits.Abbreviation.Length, entry, version, is64, addressSize),
            abbreviations,
            "\0/home/app");

        Assert.Equal(["a.c", "/home/app/src/b.c"], TestUnits.Files(elf));
    }

    [Theory]
    [InlineData("/home/app", "/usr/a.c", "/usr/a.c")]
    [InlineData("C:\\app", "src\\a.c", "C:\\app/src\\a.c")]
    [InlineData(".", "src/a.c", "./src/a.c")]
    [InlineData("", "src/a.c", "src/a.c")]
    public void A_folder_goes_before_relative_paths_alone(string folder, string path, string expected) =>
        Assert.Equal([expected], TestUnits.Files(TestUnits.Elf(
            TestUnits.Lines(path, 0x10), TestUnits.Unit(0, TestUnits.Entry(folder, 0)), TestUnits.Abbreviation)));

    [Fact]
    public void Units_of_other_versions_are_left_out()
    {
        byte[] lines = [.. TestUnits.Lines("a.c", 0x10), .. TestUnits.Lines("b.c", 0x20)];
        byte[] others =
        [
            .. Enumerable.Range(0, 100).SelectMany(i => TestUnits.Unit(0, TestUnits.Entry("/other", 0), i % 2 == 0 ? 1 : 5)),
        ];
        byte[] unit = TestUnits.Unit(0, TestUnits.Entry("/home", lines.Length / 2));

        Assert.Equal(["a.c", "/home/b.c"], TestUnits.Files(TestUnits.Elf(lines, [.. others, .. unit], TestUnits.Abbreviation)));
    }

    private static ElfFile Read(byte[] file) => GuestReport.OfReading(file).Elf!;

    // The path of the entry point's file. No path of the computer may be in the map.
    private string? FileInMap(ElfFile elf, string project)
    {
        byte[] map = new GuestSources(elf).WriteMap(NoGuest, 0, project);
        Assert.DoesNotContain(_tools.Folder, Encoding.Latin1.GetString(map), StringComparison.Ordinal);
        return SourceMap.TryRead(map, NoGuest, "", out _)?.Find(new(elf.Entry))?.File;
    }
}
