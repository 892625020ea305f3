using Hyperlight.Layouts;
using static Hyperlight.Hypervisors.ControlBits;

namespace Hyperlight.Hypervisors;

/// <summary>Explains a triple fault (i686 sheet, section 6.5).</summary>
internal static class TripleFault
{
    // The address at which a processor starts after a reset (Intel SDM volume 3, table 10-1). No guest gets there by itself in real mode.
    private const ulong ResetCodeBase = 0xFFFF_0000;
    private const ulong ResetRip = 0xFFF0;

    /// <summary>
    /// Describes the place and the mode of the fault, as far as the registers still show them, and what the guest may lack.
    /// </summary>
    /// <param name="registers">The registers after the fault. Processors of AMD have reset them, those of Intel have not.</param>
    /// <param name="start">The mode that the guest was started in.</param>
    /// <param name="place">The place of the fault.</param>
    public static string Describe(ProcessorRegisters registers, EntryMode start, GuestPlace place)
    {
        SpecialRegisters special = registers.Special;
        return IsReset(registers)
            ? "The guest triple-faulted: an exception occurred that its processor could not deliver, often before the guest had set up its "
                + "GDT and IDT. The address is lost, because a triple fault resets processors like this one."
            : $"The guest triple-faulted at {place} in {Mode(special)}: an exception occurred that its processor "
                + $"could not deliver{Hint(special, start)}.";
    }

    /// <summary>Gets whether the fault has reset the registers, so that the place of the fault is lost.</summary>
    public static bool IsReset(ProcessorRegisters registers) =>
        registers.Special.Cs.Base == ResetCodeBase
        && registers.General.Rip == ResetRip
        && (registers.Special.Cr0 & Cr0Protection) == 0;

    private static string Mode(in SpecialRegisters special) =>
        (special.Efer & EferLongModeActive) != 0 ? "long mode"
        : (special.Cr0 & Cr0Protection) == 0 ? "real mode"
        : (special.Cr0 & Cr0Paging) == 0 ? "protected mode without paging"
        : "protected mode with paging";

    private static string Hint(in SpecialRegisters special, EntryMode start) => (special.Gdt.Limit, special.Idt.Limit) switch
    {
        _ when start == EntryMode.PagedProtectedMode && (special.Cr0 & Cr0Paging) == 0 =>
            "; it was started with 32-bit paging, which is off now: a hypervisor that emulates guest code may not have it",
        (0, 0) => "; the guest has no GDT and no IDT yet",
        (_, 0) => "; the guest has no IDT yet",
        (0, _) => "; the guest has no GDT yet",
        _ => "; look at the guest's GDT, IDT and stack",
    };
}
