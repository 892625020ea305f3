using Hyperlight.Elf;
using Hyperlight.Symbols;

namespace Hyperlight.SourceLines;

/// <summary>
/// The functions and lines of a guest, by linked addresses. They are read when the first of them is asked for.
/// </summary>
internal sealed class GuestSources
{
    private static readonly string NoGuest = new('0', 64);

    private readonly ElfFile _elf;
    private readonly Lazy<SourceMap?> _map;

    /// <summary>Creates the object for the file that has the symbols and the debug information of a guest.</summary>
    public GuestSources(ElfFile elf)
    {
        _elf = elf;
        _map = new(() => SourceMap.TryRead(
            SourceMapWriter.Write(NoGuest, FunctionTable.Read(elf), LineTable.Read(elf)), NoGuest, "", out _));
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
            [.. FunctionTable.Read(_elf).Select(function => function with { Address = unchecked(function.Address + slide) })],
            [.. LineTable.Read(_elf).Select(line => line with { Address = unchecked(line.Address + slide), File = Relative(line.File) })]);

        string? Relative(string? path)
        {
            if (path is null || paths.TryGetValue(path, out string? relative))
            {
                return path is null ? null : paths[path];
            }

            return paths[path] = SourcePath.Below(path, folder);
        }
    }
}
