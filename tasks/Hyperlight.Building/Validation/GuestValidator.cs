using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>Checks whether a guest can be baked for its layout. All rules run, so that a guest's author sees all faults at once.</summary>
internal static class GuestValidator
{
    /// <summary>Checks the rules that do not depend on the sizes of the guest's memory.</summary>
    /// <param name="elf">The ELF file of the guest.</param>
    /// <param name="layout">The layout of the guest.</param>
    /// <param name="findings">
    /// Receives HL1002, HL1005 to HL1015, HL1017, HL1020 to HL1023, HL1025 to HL1027, HL2005, HL2006 and HL2010: at most five findings of
    /// each rule, and then the number of the others.
    /// </param>
    public static void Validate(ElfFile elf, GuestLayout layout, ICollection<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(elf);
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(findings);

        CappedFindings capped = new(findings, new(elf.SymbolFile));
        CheckType(elf, capped);
        SegmentRules.Check(elf, layout, capped);
        WritableCodeRules.Check(elf, layout, capped);
        EntryRules.Check(elf, layout, capped);
        LoaderRules.Check(elf, capped);
        AddressReferences references = new(elf);
        ThreadLocalRules.Check(elf, references, capped);
        RelocationRules.Check(elf, references, capped);
        ConstructorRules.Check(elf, references, capped);
        SymbolRules.Check(elf, capped);
        InstructionRules.Check(elf, layout, capped);
        capped.Close();
    }

    private static void CheckType(ElfFile elf, CappedFindings findings)
    {
        if (elf.Type is ElfType.Executable or ElfType.PositionIndependent)
        {
            return;
        }

        findings.Add(Rules.ElfType, () =>
        {
            (string found, string remedy) = elf.Type switch
            {
                ElfType.Relocatable => ("an object file (ET_REL)", "link it"),
                ElfType.Core => ("a core file (ET_CORE)", "give the guest that crashed instead of its memory"),
                _ => ($"of type {(ushort)elf.Type}", "link the guest again"),
            };
            return $"the file is {found}, allowed are ET_EXEC ({(ushort)ElfType.Executable}) and ET_DYN "
                + $"({(ushort)ElfType.PositionIndependent}): {remedy}.";
        });
    }
}
