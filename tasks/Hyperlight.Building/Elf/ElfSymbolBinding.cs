namespace Hyperlight.Elf;

/// <summary>
/// The binding of a symbol, which says where the symbol can be used (gABI, the high half of st_info). A file may have other values.
/// </summary>
internal enum ElfSymbolBinding : byte
{
    /// <summary>STB_LOCAL: in its object file.</summary>
    Local = 0,

    /// <summary>STB_GLOBAL: in every object file.</summary>
    Global = 1,

    /// <summary>STB_WEAK: in every object file, unless a global symbol has the name.</summary>
    Weak = 2,
}
