namespace Hyperlight.Linking;

/// <summary>
/// The kind of a relocation (System V ABI for x86-64, table 4.9). S is the address of the symbol, A the addend, P the place, T the thread
/// pointer. An object may have other values, which are refused.
/// </summary>
internal enum RelocationType : uint
{
    /// <summary>R_X86_64_NONE: nothing.</summary>
    None = 0,

    /// <summary>R_X86_64_64: S + A, and a relative relocation of the guest.</summary>
    Absolute64 = 1,

    /// <summary>R_X86_64_PC32: S + A - P.</summary>
    Relative32 = 2,

    /// <summary>R_X86_64_PLT32: S + A - P, because no function is in a shared library.</summary>
    Call32 = 4,

    /// <summary>R_X86_64_GOTPCREL: the slot of S in the global offset table, relative to P.</summary>
    Slot = 9,

    /// <summary>R_X86_64_32: the low half of S + A, which must be the whole.</summary>
    Absolute32 = 10,

    /// <summary>R_X86_64_32S: as R_X86_64_32, with a sign.</summary>
    AbsoluteSigned32 = 11,

    /// <summary>R_X86_64_DTPOFF64: in code, which is replaced, S + A - T; in data S + A from the start of the variables.</summary>
    ModuleOffset64 = 17,

    /// <summary>R_X86_64_TPOFF64: S + A - T.</summary>
    ThreadOffset64 = 18,

    /// <summary>R_X86_64_TLSGD: code that gets the address of a thread-local variable of any module.</summary>
    GeneralDynamic = 19,

    /// <summary>R_X86_64_TLSLD: code that gets the address of the thread-local variables of one module.</summary>
    LocalDynamic = 20,

    /// <summary>R_X86_64_DTPOFF32: as R_X86_64_DTPOFF64.</summary>
    ModuleOffset32 = 21,

    /// <summary>R_X86_64_GOTTPOFF: an instruction that reads S - T from a slot.</summary>
    InitialExec = 22,

    /// <summary>R_X86_64_TPOFF32: S + A - T.</summary>
    ThreadOffset32 = 23,

    /// <summary>R_X86_64_PC64: S + A - P.</summary>
    Relative64 = 24,

    /// <summary>R_X86_64_GOTOFF64: S + A, relative to the global offset table.</summary>
    FromTable64 = 25,

    /// <summary>R_X86_64_GOTPC32: the global offset table, relative to P.</summary>
    Table32 = 26,

    /// <summary>R_X86_64_SIZE32: the size of the symbol, plus A.</summary>
    Size32 = 32,

    /// <summary>R_X86_64_SIZE64: the size of the symbol, plus A.</summary>
    Size64 = 33,

    /// <summary>R_X86_64_GOTPCRELX: as R_X86_64_GOTPCREL, in an instruction that can do without the slot.</summary>
    SlotRelaxable = 41,

    /// <summary>R_X86_64_REX_GOTPCRELX: as R_X86_64_GOTPCRELX, in an instruction with a REX prefix.</summary>
    SlotRelaxableRex = 42,
}
