using Hyperlight.Layouts;
using static Hyperlight.Hypervisors.ControlBits;

namespace Hyperlight.Hypervisors;

/// <summary>
/// The segment, table and control registers that a guest starts with (amd64 sheet, section 4.1; i686 sheet, section 3.1).
/// </summary>
internal static class EntryState
{
    // The types of descriptors: data segment, readable code segment, busy task state segment. All have the accessed bit.
    private const byte DataType = 3;
    private const byte CodeType = 11;
    private const byte TaskType = 11;
    private const uint Limit64K = 0xFFFF;
    private const uint Limit4G = 0xFFFF_FFFF;

    // The selectors of 32-bit code, as if a table of null, code and data descriptors were loaded (section 3.1, profile B).
    private const ushort CodeSelector = 0x08;
    private const ushort DataSelector = 0x10;

    private const ulong ProtectedModeCr0 = Cr0Protection | Cr0ExtensionType;
    private const ulong PagedProtectedModeCr0 = ProtectedModeCr0 | Cr0WriteProtect | Cr0Paging;
    private const ulong LongModeCr0 =
        PagedProtectedModeCr0 | Cr0MonitorCoprocessor | Cr0NumericError | Cr0AlignmentMask;
    private const ulong LongModeCr4 = Cr4PhysicalAddressExtension | Cr4Sse | Cr4SseExceptions;
    private const ulong LongModeEfer =
        EferSystemCall | EferLongModeEnable | EferLongModeActive | EferNoExecute;

    private static Segment Task => new() { Limit = Limit64K, Type = TaskType, Present = 1 };

    /// <summary>Gets the registers for an entry mode.</summary>
    /// <param name="mode">The mode of the first instruction.</param>
    /// <param name="pageTables">The root of the page tables; not used for modes without paging.</param>
    public static SpecialRegisters For(EntryMode mode, GuestPhysicalAddress pageTables) => mode switch
    {
        EntryMode.LongMode => LongMode(pageTables),
        EntryMode.RealMode => RealMode(),
        EntryMode.ProtectedMode => ProtectedMode(ProtectedModeCr0, pageTables: default),
        EntryMode.PagedProtectedMode => ProtectedMode(PagedProtectedModeCr0, pageTables),
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "This entry mode has no state."),
    };

    // Data segments stay absent: long mode ignores them, and the guest loads its own segments.
    private static SpecialRegisters LongMode(GuestPhysicalAddress pageTables) => new()
    {
        Cs = new() { Type = CodeType, Present = 1, S = 1, L = 1 },
        Tr = Task,
        Cr0 = LongModeCr0,
        Cr3 = pageTables.Value,
        Cr4 = LongModeCr4,
        Efer = LongModeEfer,
    };

    // Upstream leaves all data segments except DS absent. Present segments do not disturb a guest, and VMX needs a usable SS.
    private static SpecialRegisters RealMode()
    {
        Segment data = new() { Limit = Limit64K, Type = DataType, Present = 1, S = 1 };
        return new()
        {
            Cs = data with { Type = CodeType },
            Ds = data,
            Es = data,
            Fs = data,
            Gs = data,
            Ss = data,
            Tr = Task,
        };
    }

    // The table registers are empty: the guest loads tables of its own before it loads a segment or takes an exception.
    private static SpecialRegisters ProtectedMode(ulong cr0, GuestPhysicalAddress pageTables)
    {
        Segment data = new() { Selector = DataSelector, Limit = Limit4G, Type = DataType, Present = 1, S = 1, Db = 1, G = 1 };
        return new()
        {
            Cs = data with { Selector = CodeSelector, Type = CodeType },
            Ds = data,
            Es = data,
            Fs = data,
            Gs = data,
            Ss = data,
            Tr = Task,
            Cr0 = cr0,
            Cr3 = pageTables.Value,
        };
    }
}
