namespace Hyperlight.Elf;

/// <summary>Who sees a symbol (gABI, the high half of st_info). Values other than these occur and are kept.</summary>
internal enum ElfSymbolBinding : byte
{
    /// <summary>STB_LOCAL: its own object file.</summary>
    Local = 0,

    /// <summary>STB_GLOBAL: every object file.</summary>
    Global = 1,

    /// <summary>STB_WEAK: every object file, unless another defines it globally.</summary>
    Weak = 2,
}
