using Hyperlight.Elf;
using Hyperlight.Symbols;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>
/// The guest <c>crash.c</c> with a source map, in which each function of the file has the line of its definition. Functions of the kit have
/// a name and no line.
/// </summary>
internal sealed class CrashGuest : IDisposable
{
    private const string File = "guests/crash.c";

    private static readonly string[] Source = System.IO.File.ReadAllLines(KitBuild.CrashSource);

    public CrashGuest(string architecture)
    {
        string elf = KitBuild.Crashes(architecture);
        Guest = TestGuest.FromFile(elf);
        Map = MapOf(ElfFile.TryRead(System.IO.File.ReadAllBytes(elf), [])!);
        System.IO.File.WriteAllBytes(Guest.MapPath, Map);
    }

    public TestGuest Guest { get; }

    /// <summary>The bytes of the source map.</summary>
    public byte[] Map { get; }

    /// <summary>Gets the place of a function of <c>crash.c</c>, as texts show it.</summary>
    public static string PlaceOf(string function) => $"{function} ({File}:{LineOf(function)})";

    public void Dispose() => Guest.Dispose();

    private byte[] MapOf(ElfFile elf)
    {
        ulong distance = unchecked(Guest.Image.EntryPoint.Value - elf.Entry);
        ElfSymbol[] functions =
        [
            .. elf.Symbols.Where(symbol => symbol.Type == ElfSymbolType.Function && symbol.Size > 0)
                .DistinctBy(symbol => symbol.Value).OrderBy(symbol => symbol.Value),
        ];
        return SourceMapWriter.Write(
            Guest.Image.Config.GuestSha256,
            [.. functions.Select(symbol => new MapFunction(symbol.Value + distance, symbol.Size, symbol.Name))],
            [
                .. functions.Select(symbol => LineOf(symbol.Name) is > 0 and var line
                    ? new MapLine(symbol.Value + distance, File, line)
                    : new MapLine(symbol.Value + distance, null, 0)),
            ]);
    }

    private static int LineOf(string function) => 1 + Array.FindIndex(
        Source, line => line.StartsWith("KEPT", StringComparison.Ordinal) && line.Contains($" {function}(", StringComparison.Ordinal));
}
