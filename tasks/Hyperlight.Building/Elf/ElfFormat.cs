namespace Hyperlight.Elf;

/// <summary>The sizes of an ELF class's structures, in bytes (gABI; the names are those of its Elf64 types).</summary>
/// <param name="Class">The class.</param>
internal readonly record struct ElfFormat(ElfClass Class)
{
    /// <summary>Elf64_Ehdr.</summary>
    public int HeaderSize => Is64 ? 64 : 52;

    /// <summary>Elf64_Phdr.</summary>
    public int ProgramHeaderSize => Is64 ? 56 : 32;

    /// <summary>Elf64_Shdr.</summary>
    public int SectionHeaderSize => Is64 ? 64 : 40;

    /// <summary>Elf64_Dyn.</summary>
    public int DynamicEntrySize => Is64 ? 16 : 8;

    /// <summary>Elf64_Rel.</summary>
    public int RelSize => Is64 ? 16 : 8;

    /// <summary>Elf64_Rela.</summary>
    public int RelaSize => Is64 ? 24 : 12;

    /// <summary>Elf64_Sym.</summary>
    public int SymbolSize => Is64 ? 24 : 16;

    /// <summary>Elf64_Addr, and the word a relocation changes.</summary>
    public int WordSize => Is64 ? 8 : 4;

    /// <summary>Gets the greatest address.</summary>
    public ulong LastAddress => Is64 ? ulong.MaxValue : uint.MaxValue;

    /// <summary>Gets whether the class is the 64-bit class.</summary>
    public bool Is64 => Class == ElfClass.Elf64;
}
