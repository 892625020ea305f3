namespace Hyperlight.Elf;

/// <summary>The width of an ELF file's addresses (gABI, EI_CLASS).</summary>
internal enum ElfClass : byte
{
    /// <summary>32-bit.</summary>
    Elf32 = 1,

    /// <summary>64-bit.</summary>
    Elf64 = 2,
}
