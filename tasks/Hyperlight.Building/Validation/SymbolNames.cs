using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>How findings name what a guest's author calls by a symbol.</summary>
internal static class SymbolNames
{
    private const int LongestName = 64;

    /// <summary>A name from the file, in quotation marks, safe to print on a terminal and in a log.</summary>
    public static string Quote(string name)
    {
        char[] shown = [.. name.Take(LongestName).Select(character => char.IsAsciiLetterOrDigit(character) || "/._+-@$: ".Contains(character) ? character : '?')];
        return $"'{new string(shown)}{(name.Length > LongestName ? "…" : "")}'";
    }

    /// <summary>Some names, and how many more there are.</summary>
    public static string List(IReadOnlyCollection<string> names)
    {
        int more = names.Count - CappedFindings.Limit;
        return string.Join(", ", names.Take(CappedFindings.Limit).Select(Quote)) + (more > 0 ? $" and {more} more" : "");
    }

    /// <summary>The function at an address, as linked: its name, or the address where the file has no symbol for it.</summary>
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
