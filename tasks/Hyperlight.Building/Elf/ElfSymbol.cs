namespace Hyperlight.Elf;

/// <summary>A symbol with the values of the file.</summary>
/// <param name="Name">The name; empty if there is no name that can be read.</param>
/// <param name="Value">The linked address.</param>
/// <param name="Size">The size in bytes; 0 if the size is not known.</param>
/// <param name="Type">The type.</param>
/// <param name="Binding">The binding.</param>
/// <param name="SectionIndex">
/// The index of the section that defines the symbol; 0 if the symbol is not defined. Values from 0xFF00 have special meanings.
/// </param>
internal readonly record struct ElfSymbol(
    string Name, ulong Value, ulong Size, ElfSymbolType Type, ElfSymbolBinding Binding, ushort SectionIndex)
{
    /// <summary>SHN_UNDEF: the section of symbols that the file does not define.</summary>
    internal const ushort Undefined = 0;
}

