namespace Hyperlight.Elf;

/// <summary>The use of a section in memory (gABI, sh_flags). A file may have other bits.</summary>
[Flags]
#pragma warning disable CA1711 // Named after sh_flags.
internal enum ElfSectionFlags : ulong
#pragma warning restore CA1711
{
    /// <summary>No flags.</summary>
    None = 0,

    /// <summary>SHF_WRITE: written while the program runs.</summary>
    Write = 1,

    /// <summary>SHF_ALLOC: part of the program's memory.</summary>
    Allocate = 2,

    /// <summary>SHF_EXECINSTR: machine code.</summary>
    Execute = 4,

    /// <summary>SHF_MERGE: elements of one size, of which equal ones may share their place.</summary>
    Merge = 0x10,

    /// <summary>SHF_STRINGS: strings, each with a zero at its end.</summary>
    Strings = 0x20,

    /// <summary>SHF_TLS: thread-local variables.</summary>
    ThreadLocal = 0x400,

    /// <summary>SHF_COMPRESSED: compressed content.</summary>
    Compressed = 0x800,

    /// <summary>SHF_GNU_RETAIN: kept, even if nothing refers to the section.</summary>
    Retain = 0x20_0000,
}
