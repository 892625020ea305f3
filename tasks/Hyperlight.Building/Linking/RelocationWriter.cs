using System.Buffers.Binary;
using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>Writes the values of relocations into the guest.</summary>
/// <param name="image">The guest, with the content of all sections.</param>
/// <param name="plan">The addresses.</param>
/// <param name="findings">Receives HL7006 and HL7008.</param>
internal sealed class RelocationWriter(byte[] image, AddressPlan plan, LinkFindings findings)
{
    private readonly byte[] _image = image;
    private readonly ulong _threadPointer = plan.ThreadPointer;
    private readonly ulong _threadStart = plan.ThreadStart;
    private readonly ulong _table = plan.Outputs.First(output => output.Name == SectionNames.Got).Address;

    /// <summary>Gets the address that a relocation names.</summary>
    public static ulong TargetOf(in InputRelocation relocation)
    {
        LinkSymbol symbol = relocation.Symbol;

        // With the symbol of a section whose elements were merged, the addend says which element is meant.
        return symbol is { Type: ElfSymbolType.Section, Section.Merged: not null }
            ? symbol.Section.AddressOf(unchecked(symbol.Value + (ulong)relocation.Addend))
            : unchecked(symbol.Address + (ulong)relocation.Addend);
    }

    /// <summary>Writes the values of relocations.</summary>
    /// <param name="section">The section of the relocations.</param>
    /// <param name="relocations">The relocations. Those whose code is replaced have their companions behind them.</param>
    /// <param name="address">The address of offset 0 of the section.</param>
    public void Apply(InputSection section, ReadOnlySpan<InputRelocation> relocations, ulong address)
    {
        Span<byte> code = section.IsZeros ? default : _image.AsSpan((int)Math.Min(address, (ulong)_image.Length));
        ulong start = 0;
        ulong end = 0;
        foreach (ref readonly InputRelocation relocation in relocations)
        {
            if (relocation.Type == RelocationType.None || (relocation.Offset >= start && relocation.Offset < end))
            {
                continue;
            }

            int at = (int)(address + relocation.Offset);
            if (relocation.Type is RelocationType.GeneralDynamic or RelocationType.LocalDynamic or RelocationType.InitialExec)
            {
                start = relocation.Offset;
                end = Relax(section, relocation, code[..(int)section.Size], at);
            }
            else
            {
                Apply(section, relocation, at);
            }
        }
    }

    private ulong Relax(InputSection section, in InputRelocation relocation, Span<byte> code, int at)
    {
        int offset = (int)relocation.Offset;
        int end = ThreadLocalCode.Replace(relocation.Type, code, offset, out int place);
        if (end == 0)
        {
            InputRelocation refused = relocation;
            findings.Add(Rules.LinkRelocation, () =>
                $"{section.Object!.Describe(section, refused.Offset)} has the relocation {RelocationText.Of(refused.Type)} "
                + $"against '{RelocationText.NameOf(refused.Symbol)}' in code that is not what the ABI says: "
                + "compile with -ftls-model=local-exec.");
        }
        else if (place >= 0)
        {
            // The addend counts from the end of the place, because code relative to the instruction pointer stood there.
            Put32(section, relocation, at + place - offset, unchecked((long)(TargetOf(relocation) + 4 - _threadPointer)));
        }

        return relocation.Type == RelocationType.InitialExec ? 0 : (ulong)end;
    }

    private void Apply(InputSection section, in InputRelocation relocation, int at)
    {
        ulong target = TargetOf(relocation);
        LinkSymbol symbol = relocation.Symbol;
        ulong place = (ulong)at;
        unchecked
        {
            switch (relocation.Type)
            {
                case RelocationType.Absolute64:
                    Put64(at, target);
                    break;
                case RelocationType.Absolute32 or RelocationType.AbsoluteSigned32:
                    Put32(section, relocation, at, (long)target);
                    break;
                case RelocationType.Relative32 or RelocationType.Call32:
                    Put32(section, relocation, at, (long)(target - place));
                    break;
                case RelocationType.Relative64:
                    Put64(at, target - place);
                    break;
                case RelocationType.Table32:
                    Put32(section, relocation, at, (long)(_table + (ulong)relocation.Addend - place));
                    break;
                case RelocationType.FromTable64:
                    Put64(at, target - _table);
                    break;
                case RelocationType.Size32:
                    Put32(section, relocation, at, (long)(symbol.Size + (ulong)relocation.Addend));
                    break;
                case RelocationType.Size64:
                    Put64(at, symbol.Size + (ulong)relocation.Addend);
                    break;
                case RelocationType.ModuleOffset32 when !section.Has(ElfSectionFlags.Execute):
                    Put32(section, relocation, at, (long)(target - _threadStart));
                    break;
                case RelocationType.ModuleOffset64 when !section.Has(ElfSectionFlags.Execute):
                    Put64(at, target - _threadStart);
                    break;
                case RelocationType.ModuleOffset32 or RelocationType.ThreadOffset32:
                    Put32(section, relocation, at, (long)(target - _threadPointer));
                    break;
                case RelocationType.ModuleOffset64 or RelocationType.ThreadOffset64:
                    Put64(at, target - _threadPointer);
                    break;
                case RelocationType.Slot or RelocationType.SlotRelaxable or RelocationType.SlotRelaxableRex:
                    ApplySlot(section, relocation, at, target);
                    break;
            }
        }
    }

    private void ApplySlot(InputSection section, in InputRelocation relocation, int at, ulong target)
    {
        GotUse use = GotAccess.Of(relocation, section.Data.Span);
        int place = GotAccess.Replace(use, _image, at);
        ulong from = use == GotUse.Slot
            ? _table + (ulong)(relocation.Symbol.GotSlot * RelocationScanner.SlotSize) + unchecked((ulong)relocation.Addend)
            : target;
        Put32(section, relocation, place, unchecked((long)(from - (ulong)place)));
    }

    private void Put64(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_image.AsSpan(at), value);

    private void Put32(InputSection section, InputRelocation relocation, int at, long value)
    {
        bool isSigned = relocation.Type != RelocationType.Absolute32;
        if (value != (isSigned ? (int)value : (uint)value))
        {
            string sign = isSigned ? "with" : "without";
            findings.Add(Rules.LinkRange, () =>
                $"the value 0x{value:x} of the relocation {RelocationText.Of(relocation.Type)} against "
                + $"'{RelocationText.NameOf(relocation.Symbol)}' in {section.Object!.Describe(section, relocation.Offset)} "
                + $"does not fit into 32 bits {sign} a sign: reach the symbol by a pointer, or correct the addend.");
        }

        BinaryPrimitives.WriteInt32LittleEndian(_image.AsSpan(at), unchecked((int)value));
    }
}
