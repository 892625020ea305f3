namespace Hyperlight.Elf;

/// <summary>The type of a symbol (gABI, the low half of st_info). A file may have other values.</summary>
internal enum ElfSymbolType : byte
{
    /// <summary>STT_NOTYPE: no type.</summary>
    None = 0,

    /// <summary>STT_OBJECT: data.</summary>
    Data = 1,

    /// <summary>STT_FUNC: code.</summary>
    Function = 2,

    /// <summary>STT_SECTION: a section.</summary>
    Section = 3,

    /// <summary>STT_FILE: a source file.</summary>
    File = 4,

    /// <summary>STT_TLS: thread-local data.</summary>
    ThreadLocal = 6,

    /// <summary>STT_GNU_IFUNC: a function that a resolver chooses when the program starts; the value is the resolver's address.</summary>
    IndirectFunction = 10,
}
