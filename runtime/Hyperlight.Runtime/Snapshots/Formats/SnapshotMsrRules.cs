using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Layouts;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// What the model-specific registers of a snapshot must be. Which there are says nothing: a host whose KVM has no filter for them saves all that it knows,
/// upstream the time-stamp counter. A sandbox takes over those that its guest can use.
/// </summary>
internal static class SnapshotMsrRules
{
    private const uint ApicBase = 0x1B;

    // SYSENTER_ESP and _EIP, LSTAR, CSTAR, FS_BASE, GS_BASE, KERNEL_GS_BASE (Intel SDM volume 4, section 2.1).
    private static readonly ImmutableArray<uint> Addresses = [0x175, 0x176, 0xC000_0082, 0xC000_0083, 0xC000_0100, 0xC000_0101, 0xC000_0102];

    /// <summary>The first rule they break, as a sentence without its end; null when there is none.</summary>
    /// <param name="registers">The registers.</param>
    /// <param name="allowed">Those that the guest may use; null where nothing is said about it.</param>
    /// <param name="map">The guest's memory at its start.</param>
    public static string? FindFault(ImmutableArray<SnapshotMsr> registers, ImmutableArray<uint>? allowed, MemoryMap map)
    {
        if (registers.Length > SnapshotAnnotations.MaxMsrs || registers.DistinctBy(register => register.Index).Count() != registers.Length)
        {
            return $"it has {registers.Length} model-specific registers, some perhaps twice; there may be {SnapshotAnnotations.MaxMsrs}, each once";
        }

        if (allowed is { } indexes && (indexes.Length > ModelSpecificRegister.MaxAllowed || indexes.Distinct().Count() != indexes.Length))
        {
            return $"its guest may use {indexes.Length} model-specific registers, some perhaps twice; there may be {ModelSpecificRegister.MaxAllowed}, each once";
        }

        foreach (SnapshotMsr register in registers)
        {
            if (Addresses.Contains(register.Index) && !SnapshotRegisterRules.IsAddress(register.Value, is64Bit: true))
            {
                return $"its model-specific register 0x{register.Index:X} is 0x{register.Value:X}, which is no possible address";
            }

            if (register.Index == ApicBase && FindApicBaseFault(register.Value, map) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    // It is a special register as well, of which the same is true.
    private static string? FindApicBaseFault(ulong value, MemoryMap map) => SnapshotRegisterRules.FindApicBaseFault(value, map.Layout)
        ?? (map.Sizes.HardwareInterrupts ? SnapshotInterruptRules.FindLocalApicFault(value) : null);
}
