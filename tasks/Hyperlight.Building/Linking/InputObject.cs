using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>An object: a loose file or a member of an archive.</summary>
/// <param name="name">The name of the file, with the name of the archive.</param>
internal sealed class InputObject(string name)
{
    /// <summary>Gets the name, for example <c>libc.a(malloc.o)</c>.</summary>
    public string Name { get; } = name;

    /// <summary>Gets or sets the sections by number; <c>null</c> where the linker uses none.</summary>
    public InputSection?[] Sections { get; set; } = [];

    /// <summary>Gets or sets the symbols by number.</summary>
    public LinkSymbol[] Symbols { get; set; } = [];

    /// <summary>Gets the sections with debug information.</summary>
    public List<DebugSection> DebugSections { get; } = [];

    /// <summary>
    /// Gets or sets the section with debug information that each symbol is in, <c>null</c> for other symbols; empty for an object without
    /// debug information.
    /// </summary>
    public DebugSection?[] SymbolDebugSections { get; set; } = [];

    /// <summary>Gets the groups of sections of which a guest has one each, by their signature.</summary>
    public List<(string Signature, List<InputSection> Members)> Groups { get; } = [];

    /// <summary>Gets the function or variable that a place lies in, with the place: text for a finding.</summary>
    /// <param name="section">The section of the place.</param>
    /// <param name="offset">The offset of the place.</param>
    public string Describe(InputSection section, ulong offset)
    {
        LinkSymbol? around = Symbols
            .Where(symbol => symbol.Section == section && symbol.Type is ElfSymbolType.Function or ElfSymbolType.Data)
            .Where(symbol => symbol.Value <= offset && (symbol.Size == 0 || offset - symbol.Value < symbol.Size))
            .MaxBy(symbol => symbol.Value);
        string place = $"{Name}, {section.Name}+0x{offset:x}";
        return around is null ? place : $"'{around.Name}' ({place})";
    }
}
