namespace Hyperlight.Hypervisors.Whp;

/// <summary>
/// <c>WHV_REGISTER_NAME</c>: the registers that this code uses. The general registers have the order of the instruction set.
/// </summary>
internal enum WhpRegisterName : uint
{
    Rax = 0,
    Rcx = 1,
    Rdx = 2,
    Rbx = 3,
    Rsp = 4,
    Rbp = 5,
    Rsi = 6,
    Rdi = 7,
    R8 = 8,
    R9 = 9,
    R10 = 0xA,
    R11 = 0xB,
    R12 = 0xC,
    R13 = 0xD,
    R14 = 0xE,
    R15 = 0xF,
    Rip = 0x10,
    Rflags = 0x11,
    Es = 0x12,
    Cs = 0x13,
    Ss = 0x14,
    Ds = 0x15,
    Fs = 0x16,
    Gs = 0x17,
    Ldtr = 0x18,
    Tr = 0x19,
    Idtr = 0x1A,
    Gdtr = 0x1B,
    Cr0 = 0x1C,
    Cr2 = 0x1D,
    Cr3 = 0x1E,
    Cr4 = 0x1F,
    Cr8 = 0x20,
    Dr0 = 0x21,
    Dr1 = 0x22,
    Dr2 = 0x23,
    Dr3 = 0x24,
    Dr6 = 0x25,
    Dr7 = 0x26,
    Xcr0 = 0x27,
    Tsc = 0x2000,
    Efer = 0x2001,
    KernelGsBase = 0x2002,
    ApicBase = 0x2003,
    Pat = 0x2004,
    SysenterCs = 0x2005,
    SysenterEip = 0x2006,
    SysenterEsp = 0x2007,
    Star = 0x2008,
    Lstar = 0x2009,
    Cstar = 0x200A,
    Sfmask = 0x200B,
    MtrrDefType = 0x200E,

    /// <summary>The first of 16 bases of variable memory type ranges.</summary>
    MtrrPhysBase0 = 0x2010,

    /// <summary>The first of 16 masks of variable memory type ranges.</summary>
    MtrrPhysMask0 = 0x2040,
    MtrrFix64k00000 = 0x2070,
    MtrrFix16k80000 = 0x2071,
    MtrrFix16kA0000 = 0x2072,

    /// <summary>The first of 8 memory types of 4 KiB ranges.</summary>
    MtrrFix4kC0000 = 0x2073,
    TscAux = 0x207B,
    Bndcfgs = 0x207C,
    MCount = 0x207E,
    ACount = 0x207F,
    SpecCtrl = 0x2084,
    TsxCtrl = 0x2088,
    Xss = 0x208B,
    UCet = 0x208C,
    SCet = 0x208D,
    Ssp = 0x208E,
    Pl0Ssp = 0x208F,
    Pl1Ssp = 0x2090,
    Pl2Ssp = 0x2091,
    Pl3Ssp = 0x2092,
    InterruptSspTableAddr = 0x2093,
    TscDeadline = 0x2095,
    TscAdjust = 0x2096,
    UmwaitControl = 0x2098,
    Xfd = 0x2099,
    XfdErr = 0x209A,

    /// <summary>The interrupt or exception that the processor delivers next.</summary>
    PendingInterruption = 0x8000_0000,

    /// <summary>Whether the last instruction or an NMI holds interrupts back.</summary>
    InterruptState = 0x8000_0001,

    /// <summary>An event that the hypervisor delivers next.</summary>
    PendingEvent = 0x8000_0002,
}
