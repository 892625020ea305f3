namespace Hyperlight.Linking;

/// <summary>
/// Looks at all relocations of the guest before there are addresses: finds the errors, numbers the slots of the global offset table, and
/// lists the words that move with the guest.
/// </summary>
/// <param name="findings">Receives HL7001, HL7004, HL7006 and HL7009.</param>
internal sealed class RelocationScanner(LinkFindings findings)
{
    /// <summary>The size of a slot of the global offset table.</summary>
    public const int SlotSize = 8;

    private readonly HashSet<LinkSymbol> _undefined = [];

    /// <summary>Gets the symbols with a slot in the global offset table, in the order of the slots.</summary>
    public List<LinkSymbol> Slots { get; } = [];

    /// <summary>Gets the words that move with the guest, in no order.</summary>
    public List<RelativeRelocation> Relative { get; } = [];

    /// <summary>Looks at the relocations of all sections and unwinding entries.</summary>
    /// <param name="outputs">The sections of the guest.</param>
    /// <param name="unwinding">The unwinding entries.</param>
    public void Scan(IReadOnlyList<OutputSection> outputs, UnwindTable unwinding)
    {
        foreach (InputSection part in outputs.SelectMany(output => output.Parts))
        {
            foreach (ref readonly InputRelocation relocation in part.Relocations.AsSpan())
            {
                Scan(part, relocation, part.Output!, part.Offset + relocation.Offset);
            }
        }

        OutputSection? frames = outputs.FirstOrDefault(output => output.Name == SectionNames.Unwind);
        foreach (UnwindEntry entry in unwinding.Kept)
        {
            foreach (ref readonly InputRelocation relocation in entry.Relocations.Span)
            {
                Scan(entry.Section, relocation, frames!, entry.Place + relocation.Offset - (ulong)entry.Offset);
            }
        }

        OutputSection? table = outputs.FirstOrDefault(output => output.Name == SectionNames.Got);
        foreach (LinkSymbol symbol in Slots.Where(symbol => !symbol.IsConstant))
        {
            Relative.Add(new(table!, (ulong)(symbol.GotSlot * SlotSize), new(0, RelocationType.Absolute64, symbol, 0)));
        }
    }

    private void Scan(InputSection section, in InputRelocation relocation, OutputSection output, ulong place)
    {
        if (relocation.Type == RelocationType.None)
        {
            return;
        }

        if (!IsInside(section, relocation) || !IsThere(section, relocation))
        {
            return;
        }

        LinkSymbol symbol = relocation.Symbol;
        switch (relocation.Type)
        {
            case RelocationType.Absolute64:
                if (!symbol.IsConstant)
                {
                    Relative.Add(new(output, place, relocation));
                }

                break;
            case RelocationType.Slot or RelocationType.SlotRelaxable or RelocationType.SlotRelaxableRex:
                if (GotAccess.Of(relocation, section.Data.Span) == GotUse.Slot && symbol.GotSlot < 0)
                {
                    symbol.GotSlot = Slots.Count;
                    Slots.Add(symbol);
                }

                break;
            case RelocationType.Absolute32 or RelocationType.AbsoluteSigned32 when symbol.IsConstant:
            case RelocationType.Relative32 or RelocationType.Call32 or RelocationType.Relative64
                when symbol.State != SymbolState.Absolute:
            case RelocationType.GeneralDynamic or RelocationType.LocalDynamic or RelocationType.InitialExec:
            case RelocationType.ModuleOffset32 or RelocationType.ModuleOffset64:
            case RelocationType.ThreadOffset32 or RelocationType.ThreadOffset64:
            case RelocationType.FromTable64 or RelocationType.Table32 or RelocationType.Size32 or RelocationType.Size64:
                break;
            default:
                Refuse(section, relocation);
                break;
        }
    }

    private void Refuse(InputSection section, InputRelocation relocation) => findings.Add(Rules.LinkRelocation, () =>
        $"{section.Object!.Describe(section, relocation.Offset)} has the relocation {RelocationText.Of(relocation.Type)} "
        + $"against '{RelocationText.NameOf(relocation.Symbol)}', "
        + "which a guest that can be moved cannot have, or which the linker does not know: compile with -fpie.");

    private bool IsInside(InputSection section, InputRelocation relocation)
    {
        ulong size = relocation.Type is RelocationType.Absolute64 or RelocationType.Relative64 or RelocationType.FromTable64
            or RelocationType.ModuleOffset64 or RelocationType.ThreadOffset64 or RelocationType.Size64 ? 8ul : 4ul;
        ulong length = (ulong)section.Data.Length;
        if (relocation.Offset <= length && size <= length - relocation.Offset)
        {
            return true;
        }

        findings.Add(Rules.LinkMalformed, () =>
            $"'{section.Object!.Name}' cannot be read as an object: the relocation {RelocationText.Of(relocation.Type)} at "
            + $"0x{relocation.Offset:x} lies outside the content of {section.Name}. A compiler must write the file: build it again.");
        return false;
    }

    private bool IsThere(InputSection section, InputRelocation relocation)
    {
        LinkSymbol symbol = relocation.Symbol;
        if (symbol is { State: SymbolState.Undefined, IsNeeded: true })
        {
            if (_undefined.Add(symbol))
            {
                findings.Add(Rules.LinkUndefined, () =>
                    $"the symbol '{symbol.Name}' is used by {section.Object!.Describe(section, relocation.Offset)} and defined nowhere: "
                    + "add the object or archive with its definition, or remove the use.");
            }

            return false;
        }

        bool isLeftOut = symbol.State == SymbolState.Defined
            && (symbol.Section is null ? symbol.Object is not null : symbol.Section.Output is null);
        if (isLeftOut)
        {
            findings.Add(Rules.LinkDiscarded, () =>
                $"{section.Object!.Describe(section, relocation.Offset)} refers to '{RelocationText.NameOf(symbol)}' in "
                + $"{symbol.Section?.ToString() ?? "a section that is not loaded"}, which is no part of the guest: "
                + "compile all objects with the same options, so that their groups of sections (COMDAT) have the same parts.");
        }

        return !isLeftOut;
    }
}
