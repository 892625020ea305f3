using Hyperlight.Elf;

namespace Hyperlight.Compiling;

/// <summary>
/// Finds weak symbols that nothing defines. GNU ld leaves their names out of the ELF file, so that only the objects tell.
/// </summary>
internal static class WeakSymbols
{
    // Weak symbols of the kit, and symbols that the linker defines.
    private static readonly string[] Expected = ["__init_array_start", "__init_array_end", "main", "hl_managed_main"];

    /// <summary>Gets the findings about the objects of a guest (HL1022), in the order of the names.</summary>
    /// <param name="objects">The paths of the objects.</param>
    /// <param name="guest">The path of the guest's ELF file. Symbols of its linker script are defined there.</param>
    public static IEnumerable<Finding> Check(IReadOnlyList<string> objects, string guest)
    {
        SortedSet<string> weak = new(StringComparer.Ordinal);
        HashSet<string> defined = [.. Expected];
        foreach (ElfSymbol symbol in objects.Append(guest).SelectMany(SymbolsOf))
        {
            if (symbol.SectionIndex != ElfSymbol.Undefined)
            {
                defined.Add(symbol.Name);
            }
            else if (symbol.Binding == ElfSymbolBinding.Weak && symbol.Name.Length > 0)
            {
                weak.Add(symbol.Name);
            }
        }

        return weak.Except(defined).Select(name => Rules.UndefinedSymbol.Found(
            $"nothing defines the weak symbol '{name}', so that its address is 0: "
            + $"define it, or compare its address with NULL before it is used."));
    }

    private static IEnumerable<ElfSymbol> SymbolsOf(string path) => ElfFile.TryRead(File.ReadAllBytes(path), [])?.Symbols ?? [];
}
