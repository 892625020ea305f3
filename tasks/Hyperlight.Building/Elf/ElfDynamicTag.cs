namespace Hyperlight.Elf;

/// <summary>The tag of an entry of the dynamic table (gABI, d_tag). A file may have other values.</summary>
internal enum ElfDynamicTag : long
{
    /// <summary>DT_NULL: the end of the table.</summary>
    End = 0,

    /// <summary>DT_NEEDED: the name of a shared library, as an offset into the string table.</summary>
    Needed = 1,

    /// <summary>DT_PLTRELSZ: the size of the relocations of the procedure linkage table in bytes.</summary>
    PltRelocationsSize = 2,

    /// <summary>DT_PLTGOT: the address of the global offset table.</summary>
    GlobalOffsetTable = 3,

    /// <summary>DT_STRTAB: the address of the string table.</summary>
    StringTable = 5,

    /// <summary>DT_SYMTAB: the address of the symbols that relocations refer to.</summary>
    SymbolTable = 6,

    /// <summary>DT_RELA: the address of the relocations with addend.</summary>
    Rela = 7,

    /// <summary>DT_RELASZ: the size of the relocations with addend in bytes.</summary>
    RelaSize = 8,

    /// <summary>DT_RELAENT: the size of one relocation with addend in bytes.</summary>
    RelaEntrySize = 9,

    /// <summary>DT_STRSZ: the size of the string table in bytes.</summary>
    StringTableSize = 10,

    /// <summary>DT_REL: the address of the relocations without addend.</summary>
    Rel = 17,

    /// <summary>DT_RELSZ: the size of the relocations without addend in bytes.</summary>
    RelSize = 18,

    /// <summary>DT_RELENT: the size of one relocation without addend in bytes.</summary>
    RelEntrySize = 19,

    /// <summary>DT_PLTREL: DT_REL or DT_RELA, the kind of the procedure linkage table's relocations.</summary>
    PltRelocationKind = 20,

    /// <summary>DT_TEXTREL: a relocation may change a segment that is not writable.</summary>
    TextRelocations = 22,

    /// <summary>DT_JMPREL: the address of the relocations of the procedure linkage table.</summary>
    PltRelocations = 23,

    /// <summary>DT_INIT_ARRAY: the address of the table of functions to call before the program starts.</summary>
    InitializationArray = 25,

    /// <summary>DT_INIT_ARRAYSZ: the size of the table of DT_INIT_ARRAY in bytes.</summary>
    InitializationArraySize = 27,

    /// <summary>DT_PREINIT_ARRAY: the address of the table of functions to call before those of DT_INIT_ARRAY.</summary>
    PreinitializationArray = 32,

    /// <summary>DT_PREINIT_ARRAYSZ: the size of the table of DT_PREINIT_ARRAY in bytes.</summary>
    PreinitializationArraySize = 33,

    /// <summary>DT_RELRSZ: the size of the packed relative relocations in bytes.</summary>
    RelrSize = 35,

    /// <summary>DT_RELR: the address of the packed relative relocations.</summary>
    Relr = 36,

    /// <summary>DT_RELRENT: the size of one word of the packed relative relocations in bytes.</summary>
    RelrEntrySize = 37,
}
