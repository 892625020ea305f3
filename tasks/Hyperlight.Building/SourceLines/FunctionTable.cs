using Hyperlight.Elf;
using Hyperlight.Symbols;

namespace Hyperlight.SourceLines;

/// <summary>Reads the functions of a guest from its symbols.</summary>
internal static class FunctionTable
{
    /// <summary>
    /// Reads the functions in ascending order of their linked addresses. A function without a size, of assembly code for example, reaches
    /// to the next symbol.
    /// </summary>
    /// <param name="elf">The file that has the symbols of a guest.</param>
    /// <param name="methods">
    /// The names of the methods in C# by their symbols, if the guest has some. All other functions are those of .NET then, and are left
    /// out: what an author looks for is the author's code.
    /// </param>
    public static IReadOnlyList<MapFunction> Read(ElfFile elf, IReadOnlyDictionary<string, string>? methods = null)
    {
        CodeRanges code = new(elf);
        ElfSymbol[] symbols =
        [
            .. elf.Symbols.Where(symbol => MayBeFunction(symbol) && code.EndAround(symbol.Value) > 0)
                .Where(symbol => methods is null || methods.ContainsKey(symbol.Name))
                .OrderBy(symbol => symbol.Value)
                .ThenByDescending(symbol => symbol.Size > 0)
                .ThenByDescending(symbol => symbol.Type == ElfSymbolType.Function)
                .ThenByDescending(symbol => symbol.Binding == ElfSymbolBinding.Global)
                .ThenBy(symbol => symbol.Name.StartsWith('_'))
                .ThenBy(symbol => symbol.Name, StringComparer.Ordinal),
        ];

        List<MapFunction> functions = [];
        ulong end = 0;
        int next = 0;
        for (int index = 0; index < symbols.Length; index++)
        {
            (ulong address, ulong size) = (symbols[index].Value, symbols[index].Size);
            while (next < symbols.Length && symbols[next].Value <= address)
            {
                next++;
            }

            if (address < end)
            {
                continue;
            }

            ulong room = code.EndAround(address) - address;
            ulong distance = next < symbols.Length ? symbols[next].Value - address : ulong.MaxValue;
            ulong known = Math.Min(size > 0 ? size : distance, room);
            functions.Add(new(address, known, methods?[symbols[index].Name] ?? RustNames.Read(symbols[index].Name)));
            end = address + known;
        }

        return functions;
    }

    private static bool MayBeFunction(ElfSymbol symbol) =>
        symbol.Type is ElfSymbolType.Function or ElfSymbolType.None
        && symbol.SectionIndex != ElfSymbol.Undefined
        && symbol.Name.Length > 0;
}
