using System.Buffers.Binary;
using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>Writes what the segments of a guest contain, without the headers of the ELF file.</summary>
internal static class ImageWriter
{
    private const byte Nop = 0x90;
    private const int RelativeType = 8;
    private static readonly ElfFormat Format = new(ElfClass.Elf64);

    /// <summary>Sets the sizes of the sections that the linker fills itself, before there are addresses.</summary>
    /// <param name="outputs">The sections of the guest.</param>
    /// <param name="scanner">The slots and the words that move with the guest.</param>
    /// <param name="unwinding">The unwinding entries.</param>
    public static void SizeMadeSections(IReadOnlyList<OutputSection> outputs, RelocationScanner scanner, UnwindTable unwinding)
    {
        int word = Format.WordSize;
        Make(SectionNames.Relocations, ElfSectionType.Rela, (ulong)(scanner.Relative.Count * Format.RelaSize), word, Format.RelaSize);
        Make(SectionNames.Dynamic, ElfSectionType.Dynamic, DynamicTable.MostEntries * DynamicTable.EntrySize, word, DynamicTable.EntrySize);
        Make(SectionNames.Got, ElfSectionType.ProgramBits, (ulong)(scanner.Slots.Count * RelocationScanner.SlotSize), word, word);
        Make(SectionNames.Unwind, ElfSectionType.ProgramBits, unwinding.Size, word, 0);
        Make(SectionNames.UnwindIndex, ElfSectionType.ProgramBits, unwinding.IndexSize, 4, 0);

        void Make(string name, ElfSectionType type, ulong size, int alignment, int elementSize)
        {
            if (outputs.FirstOrDefault(output => output.Name == name) is { } output)
            {
                output.Type = type;
                output.Size = size;
                output.Alignment = (ulong)alignment;
                output.ElementSize = (ulong)elementSize;
                output.Flags = ElfSectionFlags.Allocate | (output.Segment == LoadSegment.Data ? ElfSectionFlags.Write : 0);
            }
        }
    }

    /// <summary>Writes the content of the segments.</summary>
    /// <param name="plan">The addresses.</param>
    /// <param name="scanner">The slots and the words that move with the guest.</param>
    /// <param name="unwinding">The unwinding entries.</param>
    /// <param name="findings">Receives HL7006 and HL7008.</param>
    public static byte[] Write(AddressPlan plan, RelocationScanner scanner, UnwindTable unwinding, LinkFindings findings)
    {
        byte[] image = new byte[plan.FileEnd];
        SegmentRange code = plan.RangeOf(LoadSegment.Code);
        image.AsSpan((int)code.Start, (int)code.FileSize).Fill(Nop);
        foreach (InputSection part in plan.Outputs.SelectMany(output => output.Parts))
        {
            part.Data.Span.CopyTo(image.AsSpan((int)Math.Min(part.Output!.Address + part.Offset, plan.FileEnd)));
        }

        RelocationWriter relocations = new(image, plan, findings);
        foreach (InputSection part in plan.Outputs.SelectMany(output => output.Parts))
        {
            relocations.Apply(part, part.Relocations, part.Output!.Address + part.Offset);
        }

        OutputSection Named(string name) => plan.Outputs.First(output => output.Name == name);
        if (unwinding.Size > 0)
        {
            OutputSection entries = Named(SectionNames.Unwind);
            foreach (UnwindEntry entry in unwinding.Kept)
            {
                ulong address = entries.Address + entry.Place;
                entry.Bytes.CopyTo(image.AsSpan((int)address));
                relocations.Apply(entry.Section, entry.Relocations.Span, address - (ulong)entry.Offset);
            }

            unwinding.WriteIndex(entries, Named(SectionNames.UnwindIndex), image);
        }

        WriteSlots(Named(SectionNames.Got), scanner.Slots, image);
        WriteRelative(Named(SectionNames.Relocations), scanner.Relative, image);
        ulong at = Named(SectionNames.Dynamic).Address;
        OutputSection constructors = Named(SectionNames.Constructors);
        foreach ((ulong tag, ulong value) in DynamicTable.Entries(Named(SectionNames.Relocations), constructors, Format.RelaSize))
        {
            Put(image, ref at, tag);
            Put(image, ref at, value);
        }

        return image;
    }

    private static void WriteSlots(OutputSection table, List<LinkSymbol> slots, byte[] image)
    {
        ulong at = table.Address;
        foreach (LinkSymbol symbol in slots)
        {
            Put(image, ref at, symbol.Address);
        }
    }

    private static void WriteRelative(OutputSection section, List<RelativeRelocation> relocations, byte[] image)
    {
        ulong at = section.Address;
        foreach (RelativeRelocation relocation in relocations.OrderBy(relocation => relocation.Address))
        {
            Put(image, ref at, relocation.Address);
            Put(image, ref at, RelativeType);
            Put(image, ref at, RelocationWriter.TargetOf(relocation.Target));
        }
    }

    private static void Put(byte[] image, ref ulong at, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan((int)at), value);
        at += sizeof(ulong);
    }
}
