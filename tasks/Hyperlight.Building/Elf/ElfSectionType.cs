namespace Hyperlight.Elf;

/// <summary>The type of a section (gABI, sh_type). A file may have other values.</summary>
internal enum ElfSectionType : uint
{
    /// <summary>SHT_NULL: nothing; the first section header of every file.</summary>
    None = 0,

    /// <summary>SHT_PROGBITS: code or data.</summary>
    ProgramBits = 1,

    /// <summary>SHT_SYMTAB: the full symbol table.</summary>
    SymbolTable = 2,

    /// <summary>SHT_STRTAB: strings.</summary>
    StringTable = 3,

    /// <summary>SHT_RELA: relocations with addend.</summary>
    Rela = 4,

    /// <summary>SHT_DYNAMIC: the dynamic table.</summary>
    Dynamic = 6,

    /// <summary>SHT_NOTE: notes.</summary>
    Note = 7,

    /// <summary>SHT_NOBITS: zeros, without bytes in the file.</summary>
    NoBits = 8,

    /// <summary>SHT_REL: relocations without addend.</summary>
    Rel = 9,

    /// <summary>SHT_DYNSYM: the symbols of dynamic linking.</summary>
    DynamicSymbolTable = 11,

    /// <summary>SHT_INIT_ARRAY: the addresses of functions to call before the program starts.</summary>
    InitializationArray = 14,

    /// <summary>SHT_FINI_ARRAY: the addresses of functions to call when the program ends.</summary>
    FinalizationArray = 15,

    /// <summary>SHT_PREINIT_ARRAY: the addresses of functions to call before those of SHT_INIT_ARRAY.</summary>
    PreinitializationArray = 16,

    /// <summary>SHT_GROUP: the sections that a linker takes or leaves together.</summary>
    Group = 17,

    /// <summary>SHT_SYMTAB_SHNDX: the sections of symbols whose number does not fit into a symbol.</summary>
    SymbolTableIndices = 18,

    /// <summary>SHT_RELR: packed relative relocations.</summary>
    Relr = 19,

    /// <summary>SHT_X86_64_UNWIND: unwinding entries.</summary>
    Unwind = 0x7000_0001,
}
