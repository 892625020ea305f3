using System.Buffers.Binary;
using System.Text;
using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>The symbols of a guest for debuggers and other tools.</summary>
/// <param name="Table">The symbol table.</param>
/// <param name="Names">The names of the symbols.</param>
/// <param name="LocalCount">The number of local symbols, which come first.</param>
internal sealed record GuestSymbols(byte[] Table, byte[] Names, int LocalCount)
{
    private const ushort AbsoluteSection = 0xFFF1;
    private static readonly int EntrySize = new ElfFormat(ElfClass.Elf64).SymbolSize;

    /// <summary>Collects the symbols of what became a part of the guest.</summary>
    /// <param name="symbols">The objects and symbols.</param>
    /// <param name="plan">The addresses.</param>
    public static GuestSymbols Of(SymbolTable symbols, AddressPlan plan)
    {
        Dictionary<OutputSection, ushort> numbers = [];
        foreach (OutputSection output in plan.Outputs.Where(output => output.Size > 0))
        {
            numbers.Add(output, (ushort)(numbers.Count + 1));
        }

        List<LinkSymbol> kept =
        [
            .. symbols.Objects.SelectMany(from => from.Symbols).Where(symbol => symbol.IsLocal && IsKept(symbol)),
        ];
        int locals = kept.Count + 1;
        kept.AddRange(symbols.Shared.Where(IsKept));

        // The first entry of the table and the first name are empty.
        byte[] table = new byte[EntrySize * (kept.Count + 1)];
        byte[] names = new byte[1 + kept.Sum(symbol => Encoding.UTF8.GetByteCount(symbol.Name) + 1)];
        int name = 1;
        for (int i = 0; i < kept.Count; i++)
        {
            LinkSymbol symbol = kept[i];
            ElfSymbolBinding binding = symbol.IsLocal ? ElfSymbolBinding.Local
                : symbol.IsWeak ? ElfSymbolBinding.Weak : ElfSymbolBinding.Global;

            // The value of a thread-local symbol is its offset in the thread-local variables.
            ulong origin = symbol.Type == ElfSymbolType.ThreadLocal ? plan.ThreadStart : 0;
            ushort section = symbol.Section is { Output: { } output }
                ? numbers.GetValueOrDefault(output, AbsoluteSection)
                : AbsoluteSection;
            Span<byte> entry = table.AsSpan(EntrySize * (i + 1), EntrySize);
            BinaryPrimitives.WriteInt32LittleEndian(entry, name);
            entry[4] = (byte)((byte)binding << 4 | (byte)symbol.Type);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[6..], section);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], unchecked(symbol.Address - origin));
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], symbol.Size);
            name += Encoding.UTF8.GetBytes(symbol.Name, names.AsSpan(name)) + 1;
        }

        return new(table, names, locals);
    }

    private static bool IsKept(LinkSymbol symbol)
    {
        bool isPlaced = symbol.State == SymbolState.Defined
            && (symbol.Section is null ? symbol.Object is null : symbol.Section.Output is not null);
        bool isUseful = symbol.Name.Length > 0 && symbol.Type is not (ElfSymbolType.Section or ElfSymbolType.File);
        return isUseful && (isPlaced || (symbol.State == SymbolState.Absolute && !symbol.IsLocal));
    }
}
