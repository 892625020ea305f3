namespace Hyperlight.Snapshots.Formats;

/// <summary>Checks the fields of upstream's registers that are facts of a hypervisor and not of a processor.</summary>
internal static class UpstreamRegisterRules
{
    private const int BitmapWords = 4;

    /// <summary>
    /// Finds the first rule that the fields break. Returns a sentence without its end, or <c>null</c> if no rule is broken.
    /// </summary>
    /// <param name="registers">The registers.</param>
    /// <param name="layout">The layout of the guest.</param>
    /// <param name="isNeutral">
    /// Whether the snapshot says that no value depends on the hypervisor: then each of these fields must have the value that follows from
    /// the other fields.
    /// </param>
    public static string? FindFault(SnapshotRegisters registers, GuestLayout layout, bool isNeutral)
    {
        if (registers.InterruptBitmap.Length != BitmapWords || registers.InterruptBitmap.Any(word => word != 0))
        {
            return SnapshotInterruptRules.WaitingInterrupt;
        }

        (string Name, SnapshotSegment Value)[] segments =
        [
            ("CS", registers.Cs), ("DS", registers.Ds), ("ES", registers.Es), ("FS", registers.Fs), ("GS", registers.Gs),
            ("SS", registers.Ss), ("TR", registers.Tr), ("LDT", registers.Ldt),
        ];
        foreach ((string name, SnapshotSegment segment) in segments)
        {
            if (segment.Unusable > 1)
            {
                return $"its segment register {name} has values that no processor has ({segment})";
            }

            if (isNeutral && (segment.Unusable != (segment.Present == 0 ? 1 : 0) || segment.Padding != 0))
            {
                return $"its manifest says that no register depends on the hypervisor, and its segment register {name} does ({segment})";
            }
        }

        return isNeutral && registers.ApicBase != 0
            ? $"its manifest says that no register depends on the hypervisor, and its APIC base does (0x{registers.ApicBase:X})"
            : SnapshotRegisterRules.FindApicBaseFault(registers.ApicBase, layout);
    }
}
