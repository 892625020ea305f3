using Hyperlight.Elf;
using Hyperlight.Symbols;

namespace Hyperlight.SourceLines;

/// <summary>
/// The functions and lines of a guest, by linked addresses. They are read when the first of them is asked for.
/// </summary>
internal sealed class GuestSources
{
    private static readonly string NoGuest = new('0', 64);

    private readonly Lazy<(IReadOnlyList<MapFunction> Functions, IReadOnlyList<MapLine> Lines)> _code;
    private readonly Lazy<SourceMap?> _map;

    /// <summary>Creates the object for the file that has the symbols and the debug information of a guest.</summary>
    public GuestSources(ElfFile elf)
    {
        _code = new(() => Read(elf));
        _map = new(() => SourceMap.TryRead(
            SourceMapWriter.Write(NoGuest, _code.Value.Functions, _code.Value.Lines), NoGuest, "", out _));
    }

    /// <summary>Finds the function, the file and the line of a linked address. The path of the file is the one of the compiler.</summary>
    /// <returns>The place; <c>null</c> if nothing is known about the address.</returns>
    public GuestLocation? Find(ulong address) => _map.Value?.Find(new(address));

    /// <summary>Writes the source map of the guest.</summary>
    /// <param name="guestSha256">The SHA-256 of the guest's ELF file, in hexadecimal digits.</param>
    /// <param name="slide">The number that is added to linked addresses, modulo 2^64.</param>
    /// <param name="folder">The absolute path of the folder that paths of files are relative to.</param>
    /// <returns>The bytes of the map; empty if nothing is known about the guest.</returns>
    public byte[] WriteMap(string guestSha256, ulong slide, string folder)
    {
        Dictionary<string, string> paths = new(StringComparer.Ordinal);
        return SourceMapWriter.Write(
            guestSha256,
            [.. _code.Value.Functions.Select(function => function with { Address = unchecked(function.Address + slide) })],
            [.. _code.Value.Lines.Select(line => line with { Address = unchecked(line.Address + slide), File = Relative(line.File) })]);

        string? Relative(string? path)
        {
            if (path is null || paths.TryGetValue(path, out string? relative))
            {
                return path is null ? null : paths[path];
            }

            return paths[path] = SourcePath.Below(path, folder);
        }
    }

    private static (IReadOnlyList<MapFunction> Functions, IReadOnlyList<MapLine> Lines) Read(ElfFile elf)
    {
        IReadOnlyDictionary<string, string>? methods = MethodNames.Of(elf);
        IReadOnlyList<MapFunction> functions = FunctionTable.Read(elf, methods);
        IReadOnlyList<MapLine> lines = LineTable.Read(elf);
        return (functions, methods is null ? lines : LinesIn(functions, lines));
    }

    private static List<MapLine> LinesIn(IReadOnlyList<MapFunction> functions, IReadOnlyList<MapLine> lines)
    {
        List<MapLine> kept = [];
        int next = 0;
        foreach (MapFunction function in functions)
        {
            ulong end = function.Address + function.Size;
            for (; next < lines.Count && lines[next].Address < end; next++)
            {
                if (lines[next].Address >= function.Address)
                {
                    kept.Add(lines[next]);
                }
            }

            kept.Add(new(end, null, 0));
        }

        return kept;
    }
}
