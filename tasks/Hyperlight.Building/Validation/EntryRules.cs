using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>The rules for the entry point.</summary>
internal static class EntryRules
{
    public static void Check(ElfFile elf, GuestLayout layout, CappedFindings findings)
    {
        // Another rule reports a guest without segments.
        if (elf.LoadSegments.IsEmpty)
        {
            return;
        }

        if (!elf.LoadSegments.Any(segment => HasEntry(segment, elf.Entry)))
        {
            findings.Add(Rules.EntryNotExecutable, () =>
                $"the entry point is 0x{elf.Entry:X}, {Describe(elf)}; it must lie in bytes of the file that an executable segment loads: "
                + "name the entry function to the linker (-Wl,-e,entrypoint) and mark its section as code.");
        }

        if (layout.EntryLimit is { } limit && elf.Entry >= elf.LoadBase)
        {
            // Compares distances, because the sum of base and offset could overflow.
            ulong distance = elf.Entry - elf.LoadBase;
            if (layout.SnapshotBase.Value >= limit || distance >= limit - layout.SnapshotBase.Value)
            {
                findings.Add(Rules.EntryBeyondRealMode, elf.Entry, () =>
                    $"the entry point is 0x{distance:X} bytes into the guest, "
                    + $"{layout.Id} starts it in 16-bit real mode, which reaches addresses below 0x{limit:X}: "
                    + "put the entry code at the start of the first segment in the linker script.");
            }
        }
    }

    private static bool HasEntry(ElfSegment segment, ulong entry) =>
        (segment.Flags & ElfSegmentFlags.Execute) != 0
        && entry >= segment.VirtualAddress
        && entry - segment.VirtualAddress < Math.Min(segment.FileSize, segment.MemorySize);

    private static string Describe(ElfFile elf)
    {
        foreach (ElfSegment segment in elf.LoadSegments)
        {
            if (elf.Entry >= segment.VirtualAddress && elf.Entry <= segment.LastAddress)
            {
                return (segment.Flags & ElfSegmentFlags.Execute) == 0
                    ? $"in {segment}, which is not executable"
                    : $"in the zero-filled end of {segment}";
            }
        }

        return "outside of every segment";
    }
}
