using System.Buffers.Binary;

namespace Hyperlight.Linking;

/// <summary>
/// Joins the debug information of the objects for the symbol file: sections of one name become one section. Only the bounds of relocations
/// are checked, because the guest does not have the sections.
/// </summary>
internal static class DebugInformation
{
    /// <summary>The start of the names of such sections.</summary>
    public const string NamePrefix = ".debug_";

    // Code that is not in the guest gets this address, which lies above every address of a guest, with room for the code behind it.
    private const ulong NoAddress = 0xFFFF_FFFF_0000_0000;

    private const int RowSize = 24;

    /// <summary>Joins the sections of the objects that have a part in the guest.</summary>
    /// <param name="symbols">The objects and symbols.</param>
    /// <param name="plan">The addresses.</param>
    /// <returns>The names and the contents, in the order in which objects name them.</returns>
    public static IReadOnlyList<(string Name, byte[] Content)> Of(SymbolTable symbols, AddressPlan plan)
    {
        IGrouping<string, (InputObject From, DebugSection Section)>[] outputs =
        [
            .. symbols.Objects.Where(from => from.Sections.Any(section => section?.Output is not null))
                .SelectMany(from => from.DebugSections.Select(section => (From: from, Section: section)))
                .GroupBy(part => part.Section.Name, StringComparer.Ordinal),
        ];

        // Relocations refer from section to section, so all places are set before.
        int[] sizes = [.. outputs.Select(output => Place(output.Select(part => part.Section)))];
        return [.. outputs.Select((output, i) => (output.Key, Join(output, sizes[i], plan)))];
    }

    private static int Place(IEnumerable<DebugSection> sections)
    {
        int end = 0;
        foreach (DebugSection section in sections)
        {
            section.Start = end;
            end = checked(end + section.Data.Length);
        }

        return end;
    }

    private static byte[] Join(IEnumerable<(InputObject From, DebugSection Section)> parts, int size, AddressPlan plan)
    {
        byte[] content = new byte[size];
        foreach ((InputObject from, DebugSection section) in parts)
        {
            Span<byte> part = content.AsSpan(section.Start, section.Data.Length);
            section.Data.Span.CopyTo(part);
            Relocate(from, section.Relocations.Span, part, plan);
        }

        return content;
    }

    private static void Relocate(InputObject from, ReadOnlySpan<byte> rows, Span<byte> content, AddressPlan plan)
    {
        for (; rows.Length >= RowSize; rows = rows[RowSize..])
        {
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(rows);
            int symbol = BinaryPrimitives.ReadInt32LittleEndian(rows[12..]);
            if (offset > (ulong)content.Length || (uint)symbol >= from.Symbols.Length)
            {
                continue;
            }

            Span<byte> place = content[(int)offset..];
            ulong value = unchecked(TargetOf(from, symbol) + (ulong)BinaryPrimitives.ReadInt64LittleEndian(rows[16..]));
            switch ((RelocationType)BinaryPrimitives.ReadUInt32LittleEndian(rows[8..]))
            {
                case RelocationType.Absolute64:
                    BinaryPrimitives.TryWriteUInt64LittleEndian(place, value);
                    break;
                case RelocationType.Absolute32 or RelocationType.AbsoluteSigned32:
                    BinaryPrimitives.TryWriteUInt32LittleEndian(place, unchecked((uint)value));
                    break;
                case RelocationType.ModuleOffset64:
                    BinaryPrimitives.TryWriteUInt64LittleEndian(place, unchecked(value - plan.ThreadStart));
                    break;
                case RelocationType.ModuleOffset32:
                    BinaryPrimitives.TryWriteUInt32LittleEndian(place, unchecked((uint)(value - plan.ThreadStart)));
                    break;
            }
        }
    }

    private static ulong TargetOf(InputObject from, int number)
    {
        LinkSymbol symbol = from.Symbols[number];
        return from.SymbolDebugSections[number] is { } debug ? unchecked((ulong)debug.Start + symbol.Value)
            : symbol.Section is { Output: null } ? NoAddress
            : symbol.Address;
    }
}
