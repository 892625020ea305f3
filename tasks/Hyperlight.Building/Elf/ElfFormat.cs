namespace Hyperlight.Elf;

/// <summary>The sizes of the structures of an ELF class in bytes (gABI).</summary>
/// <param name="Class">The class.</param>
internal readonly record struct ElfFormat(ElfClass Class)
{
    /// <summary>Gets the size of the ELF header (Elf64_Ehdr).</summary>
    public int HeaderSize => Is64 ? 64 : 52;

    /// <summary>Gets the size of a program header (Elf64_Phdr).</summary>
    public int ProgramHeaderSize => Is64 ? 56 : 32;

    /// <summary>Gets the size of a section header (Elf64_Shdr).</summary>
    public int SectionHeaderSize => Is64 ? 64 : 40;

    /// <summary>Gets the size of an entry of the dynamic table (Elf64_Dyn).</summary>
    public int DynamicEntrySize => Is64 ? 16 : 8;

    /// <summary>Gets the size of a relocation without addend (Elf64_Rel).</summary>
    public int RelSize => Is64 ? 16 : 8;

    /// <summary>Gets the size of a relocation with addend (Elf64_Rela).</summary>
    public int RelaSize => Is64 ? 24 : 12;

    /// <summary>Gets the size of a symbol (Elf64_Sym).</summary>
    public int SymbolSize => Is64 ? 24 : 16;

    /// <summary>Gets the size of an address (Elf64_Addr), and of the word that a relocation changes.</summary>
    public int WordSize => Is64 ? 8 : 4;

    /// <summary>Gets the greatest address.</summary>
    public ulong LastAddress => Is64 ? ulong.MaxValue : uint.MaxValue;

    /// <summary>Gets whether the class is the 64-bit class.</summary>
    public bool Is64 => Class == ElfClass.Elf64;
}
