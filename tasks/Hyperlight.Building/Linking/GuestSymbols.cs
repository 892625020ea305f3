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

        using MemoryStream names = new();
        using MemoryStream table = new();
        using BinaryWriter writer = new(table);
        names.WriteByte(0);
        writer.Write(new byte[new ElfFormat(ElfClass.Elf64).SymbolSize]);
        int count = 1;
        void Add(LinkSymbol symbol, ElfSymbolBinding binding)
        {
            bool isPlaced = symbol.State == SymbolState.Defined
                && (symbol.Section is null ? symbol.Object is null : symbol.Section.Output is not null);
            bool isUseful = symbol.Name.Length > 0 && symbol.Type is not (ElfSymbolType.Section or ElfSymbolType.File);
            if (!isUseful || (!isPlaced && (symbol.State != SymbolState.Absolute || symbol.IsLocal)))
            {
                return;
            }

            writer.Write((uint)names.Length);
            writer.Write((byte)((byte)binding << 4 | (byte)symbol.Type));
            writer.Write((byte)0);
            writer.Write(symbol.Section is { Output: { } output } ? numbers.GetValueOrDefault(output, AbsoluteSection) : AbsoluteSection);
            // The value of a thread-local symbol is its offset in the thread-local variables.
            ulong origin = symbol.Type == ElfSymbolType.ThreadLocal ? plan.ThreadStart : 0;
            writer.Write(unchecked(symbol.Address - origin));
            writer.Write(symbol.Size);
            names.Write(Encoding.UTF8.GetBytes(symbol.Name));
            names.WriteByte(0);
            count++;
        }

        foreach (LinkSymbol symbol in symbols.Objects.SelectMany(from => from.Symbols).Where(symbol => symbol.IsLocal))
        {
            Add(symbol, ElfSymbolBinding.Local);
        }

        int locals = count;
        foreach (LinkSymbol symbol in symbols.Shared)
        {
            Add(symbol, symbol.IsWeak ? ElfSymbolBinding.Weak : ElfSymbolBinding.Global);
        }

        return new(table.ToArray(), names.ToArray(), locals);
    }
}
