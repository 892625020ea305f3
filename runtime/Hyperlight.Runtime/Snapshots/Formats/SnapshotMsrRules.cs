using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Layouts;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// Checks the model-specific registers of a snapshot. A snapshot may have any of them: a host whose KVM cannot filter them saves all
/// registers that it knows, and upstream saves the time-stamp counter. A sandbox loads only the registers that its guest may use.
/// </summary>
internal static class SnapshotMsrRules
{
    private const uint ApicBase = 0x1B;

    // Registers with addresses: SYSENTER_ESP and _EIP, LSTAR, CSTAR, FS_BASE, GS_BASE, KERNEL_GS_BASE (Intel SDM volume 4, section 2.1).
    private static readonly ImmutableArray<uint> Addresses = [0x175, 0x176, 0xC000_0082, 0xC000_0083, 0xC000_0100, 0xC000_0101,
        0xC000_0102];

    /// <summary>
    /// Finds the first rule that the registers break. Returns a sentence without its end, or <c>null</c> if no rule is broken.
    /// </summary>
    /// <param name="registers">The registers.</param>
    /// <param name="allowed">
    /// The numbers of the registers that the guest may use; <c>null</c> if the snapshot does not record the numbers.
    /// </param>
    /// <param name="map">The guest's memory at its start.</param>
    public static string? FindFault(ImmutableArray<SnapshotMsr> registers, ImmutableArray<uint>? allowed, MemoryMap map)
    {
        if (registers.Length > SnapshotAnnotations.MaxMsrs || registers.DistinctBy(register => register.Index).Count() != registers.Length)
        {
            return $"it has {registers.Length} model-specific registers, or one of them twice; the most is "
                + $"{SnapshotAnnotations.MaxMsrs}, each once";
        }

        if (allowed is { } indexes && (indexes.Length > ModelSpecificRegister.MaxAllowed || indexes.Distinct().Count() != indexes.Length))
        {
            return $"its guest may use {indexes.Length} model-specific registers, or one of them is listed twice; the most is "
                + $"{ModelSpecificRegister.MaxAllowed}, each once";
        }

        foreach (SnapshotMsr register in registers)
        {
            if (Addresses.Contains(register.Index) && !SnapshotRegisterRules.IsAddress(register.Value, is64Bit: true))
            {
                return $"its model-specific register 0x{register.Index:X} is 0x{register.Value:X}, which cannot be an address";
            }

            if (register.Index == ApicBase && FindApicBaseFault(register.Value, map) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    // The state of the interrupt controllers has an APIC base as well, which follows the same rule.
    private static string? FindApicBaseFault(ulong value, MemoryMap map) => SnapshotRegisterRules.FindApicBaseFault(value, map.Layout)
        ?? (map.Sizes.HardwareInterrupts ? SnapshotInterruptRules.FindLocalApicFault(value) : null);
}
