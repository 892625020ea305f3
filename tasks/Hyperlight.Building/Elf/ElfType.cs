namespace Hyperlight.Elf;

/// <summary>What kind of object an ELF file is (gABI, e_type). Values other than these occur and are kept.</summary>
internal enum ElfType : ushort
{
    /// <summary>ET_REL: an object file that still has to be linked.</summary>
    Relocatable = 1,

    /// <summary>ET_EXEC: a program linked for one address.</summary>
    Executable = 2,

    /// <summary>ET_DYN: a shared library or a position-independent program.</summary>
    PositionIndependent = 3,

    /// <summary>ET_CORE: the memory of a crashed process.</summary>
    Core = 4,
}
