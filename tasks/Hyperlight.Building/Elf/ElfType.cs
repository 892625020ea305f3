namespace Hyperlight.Elf;

/// <summary>The kind of object of an ELF file (gABI, e_type). A file may have other values.</summary>
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
