using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>Names of symbols for the texts of findings.</summary>
internal static class SymbolNames
{
    private const int LongestName = 64;

    /// <summary>Gets a name from the file in quotation marks, safe for a terminal and a log.</summary>
    public static string Quote(string name)
    {
        char[] shown = [.. name.Take(LongestName).Select(character => char.IsAsciiLetterOrDigit(character)
            || "/._+-@$: ".Contains(character) ? character : '?')];
        return $"'{new string(shown)}{(name.Length > LongestName ? "…" : "")}'";
    }

    /// <summary>Gets the first names of a list, and the number of the others.</summary>
    public static string List(IReadOnlyCollection<string> names)
    {
        int more = names.Count - CappedFindings.Limit;
        return string.Join(", ", names.Take(CappedFindings.Limit).Select(Quote)) + (more > 0 ? $" and {more} more" : "");
    }

    /// <summary>Gets the name of the function at a linked address, or the address if the file has no symbol for the function.</summary>
    public static string Function(ElfFile elf, ulong address, ElfSymbolType type = ElfSymbolType.Function)
    {
        foreach (ElfSymbol symbol in elf.Symbols)
        {
            if (symbol.Value == address && symbol.Type == type && symbol.SectionIndex != ElfSymbol.Undefined && symbol.Name.Length > 0)
            {
                return Quote(symbol.Name);
            }
        }

        return $"0x{address:X}";
    }
}
