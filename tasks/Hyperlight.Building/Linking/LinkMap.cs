using System.Globalization;
using System.Text;

namespace Hyperlight.Linking;

/// <summary>Writes the map of a guest: its sections, their parts, and the symbols of each part.</summary>
internal static class LinkMap
{
    /// <summary>Writes the map.</summary>
    /// <param name="symbols">The objects and symbols.</param>
    /// <param name="plan">The addresses.</param>
    public static string Write(SymbolTable symbols, AddressPlan plan)
    {
        ILookup<InputSection, LinkSymbol> named = symbols.Shared
            .Where(symbol => symbol is { State: SymbolState.Defined, Section: not null })
            .ToLookup(symbol => symbol.Section!);
        StringBuilder text = new("address          size     section, part or symbol\n");
        foreach (OutputSection output in plan.Outputs.Where(output => output.Size > 0))
        {
            Line(text, output.Address, output.Size, 0, output.Name);
            foreach (InputSection part in output.Parts)
            {
                Line(text, output.Address + part.Offset, part.Size, 2, part.ToString());
                foreach (LinkSymbol symbol in named[part].OrderBy(symbol => symbol.Value))
                {
                    Line(text, symbol.Address, symbol.Size, 4, symbol.Name);
                }
            }
        }

        return text.ToString();
    }

    private static void Line(StringBuilder text, ulong address, ulong size, int depth, string name) =>
        text.Append(CultureInfo.InvariantCulture, $"{address:x16} {size,8:x} {new string(' ', depth)}{name}\n");
}
