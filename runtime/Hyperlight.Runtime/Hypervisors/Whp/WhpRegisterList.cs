using System.Collections.Immutable;
using static Hyperlight.Hypervisors.Whp.WhpRegisterName;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>
/// The registers that a machine exchanges with the platform, in this order, so that one call can exchange neighbours:
/// <code>
///   0         18        34      35              41
///   general │ special │ XCR0  │ DR0–3, 6, 7   │ optional: events that wait, model-specific registers
/// </code>
/// </summary>
/// <param name="optional">The optional registers.</param>
internal sealed class WhpRegisterList(ImmutableArray<WhpRegisterName> optional)
{
    public const int General = 0;
    public const int Special = General + 18;
    public const int ExtendedControl = Special + WhpSpecialRegisters.Count;
    public const int Debug = ExtendedControl + 1;
    public const int Optional = Debug + 6;

    /// <summary>The greatest number of registers in a list.</summary>
    public const int MaxCount = 128;

    public const int RaxPlace = General;
    public const int RipPlace = General + 16;

    /// <summary>The number of KERNEL_GS_BASE, which guests change without an MSR instruction: SWAPGS does it.</summary>
    public const uint KernelGsBaseMsr = 0xC000_0102;

    // The order is that of GeneralRegisters.
    private static ReadOnlySpan<WhpRegisterName> GeneralNames =>
        [Rax, Rbx, Rcx, Rdx, Rsi, Rdi, Rsp, Rbp, R8, R9, R10, R11, R12, R13, R14, R15, Rip, Rflags];

    private static ReadOnlySpan<WhpRegisterName> DebugNames => [Dr0, Dr1, Dr2, Dr3, Dr6, Dr7];

    // The model-specific registers that have a name (Intel SDM volume 4, table 2-2; AMD APM volume 2, appendix A). Hyper-V keeps what a
    // guest writes to each of them, also to memory type ranges that the processor reports as absent, and TSC and TSC_ADJUST do not follow
    // each other.
    private static readonly ImmutableArray<(uint Msr, WhpRegisterName Name)> Msrs =
    [
        (0x10, Tsc),
        (0x1B, ApicBase),
        (0x3B, TscAdjust),
        (0x48, SpecCtrl),
        (0xE1, UmwaitControl),
        (0xE7, MCount),
        (0xE8, ACount),
        (0x122, TsxCtrl),
        (0x174, SysenterCs),
        (0x175, SysenterEsp),
        (0x176, SysenterEip),
        (0x1C4, Xfd),
        (0x1C5, XfdErr),
        .. Numbered(0x200, 2, MtrrPhysBase0, 16),
        .. Numbered(0x201, 2, MtrrPhysMask0, 16),
        (0x250, MtrrFix64k00000),
        (0x258, MtrrFix16k80000),
        (0x259, MtrrFix16kA0000),
        .. Numbered(0x268, 1, MtrrFix4kC0000, 8),
        (0x277, Pat),
        (0x2FF, MtrrDefType),
        (0x6A0, UCet),
        (0x6A2, SCet),
        (0x6A4, Pl0Ssp),
        (0x6A5, Pl1Ssp),
        (0x6A6, Pl2Ssp),
        (0x6A7, Pl3Ssp),
        (0x6A8, InterruptSspTableAddr),
        (0x6E0, TscDeadline),
        (0xD90, Bndcfgs),
        (0xDA0, Xss),
        (0xC000_0081, Star),
        (0xC000_0082, Lstar),
        (0xC000_0083, Cstar),
        (0xC000_0084, Sfmask),
        (KernelGsBaseMsr, KernelGsBase),
        (0xC000_0103, TscAux),
    ];

    // The registers that have a number, although they are special registers. The number stands for the low half of the register's value.
    private static readonly ImmutableArray<(uint Msr, WhpRegisterName Name)> SpecialMsrs =
        [(0xC000_0080, Efer), (0xC000_0100, Fs), (0xC000_0101, Gs)];

    /// <summary>
    /// Gets the optional registers that a computer may have. Guests can change the model-specific ones, because the platform has no filter.
    /// </summary>
    public static ImmutableArray<WhpRegisterName> Candidates { get; } =
        [PendingInterruption, WhpRegisterName.InterruptState, PendingEvent, Ssp, .. Msrs.Select(msr => msr.Name)];

    /// <summary>Gets the names.</summary>
    public ImmutableArray<WhpRegisterName> Names { get; } =
        [.. GeneralNames, .. WhpSpecialRegisters.Names, Xcr0, .. DebugNames, .. optional];

    /// <summary>Gets the place of a register; <c>null</c> if the list does not have the register.</summary>
    public int? PlaceOf(WhpRegisterName name) => Names.IndexOf(name) is >= 0 and int place ? place : null;

    /// <summary>Gets the place of a model-specific register; <c>null</c> if the list does not have the register.</summary>
    /// <param name="msr">The number of the register.</param>
    public int? PlaceOf(uint msr)
    {
        foreach ((uint number, WhpRegisterName name) in Msrs.Concat(SpecialMsrs))
        {
            if (number == msr)
            {
                return PlaceOf(name);
            }
        }

        return null;
    }

    private static IEnumerable<(uint Msr, WhpRegisterName Name)> Numbered(uint first, uint step, WhpRegisterName firstName, uint count)
    {
        for (uint i = 0; i < count; i++)
        {
            yield return (first + i * step, firstName + i);
        }
    }
}
