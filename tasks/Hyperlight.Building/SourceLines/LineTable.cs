using Hyperlight.Elf;
using Hyperlight.Symbols;

namespace Hyperlight.SourceLines;

/// <summary>
/// Reads the lines of a guest from .debug_line, in the versions 2 to 5 of DWARF. Reading never throws, whatever the content is: damaged
/// units are left out. Time and memory are in proportion to the size of the file.
/// </summary>
internal static class LineTable
{
    // A 32-bit length of this value says that a 64-bit length follows.
    private const uint Long = uint.MaxValue;

    // Each damaged unit costs an exception. A file with more damaged units is not read to its end.
    private const int MostDamaged = 64;

    /// <summary>Reads the lines in ascending order of their linked addresses.</summary>
    public static IReadOnlyList<MapLine> Read(ElfFile elf)
    {
        DebugSections sections = DebugSections.Of(elf);
        LineRows rows = new();
        int damaged = 0;
        for (ReadOnlyMemory<byte> rest = sections.Lines; !rest.IsEmpty && !rows.AreFull && damaged < MostDamaged;)
        {
            // Without a valid length, the start of the next unit is not known.
            ReadOnlyMemory<byte> unit = rest;
            rest = default;
            try
            {
                DwarfCursor cursor = new(unit);
                ulong length = cursor.ReadUInt32();
                bool is64 = length == Long;
                unit = cursor.Take(is64 ? cursor.ReadUInt64() : length);
                rest = cursor.Rest;
                new LineProgram(new(unit, is64, sections), rows).Run();
            }
            catch (InvalidDataException)
            {
                damaged++;
            }

            rows.Drop();
        }

        return Sort(rows, new(elf));
    }

    private static List<MapLine> Sort(LineRows rows, CodeRanges code)
    {
        List<MapLine> lines = [];
        ulong end = 0;
        foreach (ArraySegment<LineRow> sequence in rows.Sequences)
        {
            if (sequence[0].Address >= end && sequence[^1].Address <= code.EndAround(sequence[0].Address))
            {
                lines.AddRange(sequence.Select(row => new MapLine(row.Address, rows.FileOf(row), row.Line)));
                end = sequence[^1].Address;
            }
        }

        return lines;
    }
}
