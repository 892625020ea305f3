namespace Hyperlight.Elf;

/// <summary>A symbol, as found in the file.</summary>
/// <param name="Name">Its name, empty where it has none that can be read.</param>
/// <param name="Value">Its virtual address, as linked.</param>
/// <param name="Size">Its length in bytes, 0 where not known.</param>
/// <param name="Type">What it names.</param>
/// <param name="Binding">Who sees it.</param>
/// <param name="SectionIndex">The section it is defined in, 0 where it is not defined; values from 0xFF00 have special meanings.</param>
internal readonly record struct ElfSymbol(string Name, ulong Value, ulong Size, ElfSymbolType Type, ElfSymbolBinding Binding, ushort SectionIndex)
{
    /// <summary>SHN_UNDEF: the section of symbols that the file does not define.</summary>
    internal const ushort Undefined = 0;
}

