using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Elf;

/// <summary>Compares our reader with LibObjectFile on well-formed files. No tool of the machine is needed.</summary>
public sealed class LibObjectFileOracleTests
{
    private const int MostOfOneKind = 40;
    private const int LargestFile = 1 << 20;
    private const int HeadSize = 18; // The header up to e_type.

    private static readonly string[] Folders = ["/usr/bin", "/usr/sbin", "/usr/libexec", "/usr/lib", "/usr/lib32", "/usr/share/dotnet"];

    private static string GuestFolder => Path.Combine(AppContext.BaseDirectory, "Guests");

    public static TheoryData<string> Guests =>
        [.. new DirectoryInfo(GuestFolder).GetFiles("*.elf").Select(file => file.Name).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Guests))]
    public void A_guest_reads_as_LibObjectFile_reads_it(string guest) =>
        LibObjectFileOracle.AssertAgrees(File.ReadAllBytes(Path.Combine(GuestFolder, guest)));

    // The committed guests have no symbols.
    [Theory]
    [InlineData(nameof(ElfClass.Elf32))]
    [InlineData(nameof(ElfClass.Elf64))]
    public void A_built_file_with_symbols_reads_as_LibObjectFile_reads_it(string elfClassName)
    {
        ElfClass elfClass = Enum.Parse<ElfClass>(elfClassName);
        TestElf guest = elfClass == ElfClass.Elf32 ? TestElf.I686At(0x10_0000) : TestElf.Amd64();
        guest.WithTls(0x20).WithStack(ElfSegmentFlags.Read).WithSection(".data.extra", ElfSectionType.ProgramBits, [1, 2, 3], alignment: 2);
        foreach (ElfSymbolType type in Enum.GetValues<ElfSymbolType>())
        {
            guest.WithSymbol($"état {type}", 0x10UL + (ulong)type, size: 3, type);
        }

        LibObjectFileOracle.AssertAgrees(guest.Build());
    }

    [Fact]
    public void Files_of_this_machine_read_as_LibObjectFile_reads_them()
    {
        string[] files = Sample();
        Assert.SkipWhen(files.Length == 0, $"this machine has no ELF files in {string.Join(", ", Folders)}");

        Assert.All(files, file => LibObjectFileOracle.AssertAgrees(File.ReadAllBytes(file)));
    }

    /// <summary>Gets a few files of each kind (class and type: programs, libraries, objects), spread evenly over all files.</summary>
    private static string[] Sample() =>
    [
        .. Folders.Where(Directory.Exists).SelectMany(Candidates).Order(StringComparer.Ordinal)
            .Select(file => (Name: file, Kind: KindOf(file))).Where(file => file.Kind is not null)
            .GroupBy(file => file.Kind, file => file.Name)
            .SelectMany(kind => kind.Where((_, index) => index % (1 + (kind.Count() / MostOfOneKind)) == 0)),
    ];

    // A file with separate debug information has the headers of a program without its content.
    private static IEnumerable<string> Candidates(string folder) =>
        new DirectoryInfo(folder)
            .EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(file => file.Extension is "" or ".so" or ".o" or ".ko" || file.Name.Contains(".so.", StringComparison.Ordinal))
            .Where(file => file.Length is > HeadSize and <= LargestFile)
            .Select(file => file.FullName)
            .Where(file => !file.Contains("/debug/", StringComparison.Ordinal));

    /// <summary>
    /// Gets class and type of a little-endian ELF file; <c>null</c> for other files and for files that this user may not read.
    /// </summary>
    private static string? KindOf(string file)
    {
        const int Class = 4, ByteOrder = 5, Type = 16; // EI_CLASS, EI_DATA, e_type
        Span<byte> head = stackalloc byte[HeadSize];
        try
        {
            using FileStream stream = File.OpenRead(file);
            stream.ReadExactly(head);
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }

        return head.StartsWith("\u007fELF"u8) && head[ByteOrder] == 1 ? $"class {head[Class]}, type {head[Type]}" : null;
    }
}
