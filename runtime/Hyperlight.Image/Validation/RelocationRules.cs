using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>
/// The relocations: those that only add the load address are applied when the image is baked, every other kind needs a dynamic loader.
/// One into a segment that is not writable (DT_TEXTREL) is as good as any, because nothing is mapped yet.
/// </summary>
internal static class RelocationRules
{
    public static void Check(ElfFile elf, CappedFindings findings)
    {
        LoadedRanges loaded = new(elf.LoadSegments);
        ulong wordSize = (ulong)elf.WordSize;
        foreach (ElfRelocation relocation in elf.Relocations)
        {
            if (relocation.Type is not (ElfRelocation.None or ElfRelocation.Relative))
            {
                ReportType(relocation, elf.Machine, findings);
            }
            else if (relocation.Type == ElfRelocation.Relative && !loaded.Contain(relocation.Offset, wordSize))
            {
                ReportRange(relocation, elf, findings);
            }
        }
    }

    private static void ReportType(ElfRelocation relocation, ElfMachine machine, CappedFindings findings) =>
        findings.Add(Rules.UnsupportedRelocation, () =>
            $"the relocation {RelocationNames.Describe(machine, relocation.Type)} at 0x{relocation.Offset:X} depends on more than the load address, "
            + $"only {RelocationNames.Describe(machine, ElfRelocation.Relative)} can be applied at build time: "
            + "link statically (-static-pie -nostdlib), define every symbol in the guest, compile with -fvisibility=hidden.");

    private static void ReportRange(ElfRelocation relocation, ElfFile elf, CappedFindings findings) =>
        findings.Add(Rules.RelocationRange, () =>
            $"the relocation {RelocationNames.Describe(elf.Machine, relocation.Type)} changes {elf.WordSize} bytes at 0x{relocation.Offset:X}, "
            + "these must all lie in one loaded segment: check which sections the linker script discards or leaves out of the segments.");
}
