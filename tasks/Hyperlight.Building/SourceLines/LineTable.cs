using Hyperlight.Elf;
using Hyperlight.Symbols;

namespace Hyperlight.SourceLines;

/// <summary>
/// Reads the lines of a guest from .debug_line, in the versions 2 to 5 of DWARF. Reading never throws, whatever the content is: damaged
/// units are left out. Time and memory are in proportion to the size of the file.
/// </summary>
internal static class LineTable
{
    /// <summary>Reads the lines in ascending order of their linked addresses.</summary>
    public static IReadOnlyList<MapLine> Read(ElfFile elf)
    {
        DebugSections sections = DebugSections.Of(elf);
        Dictionary<ulong, ReadOnlyMemory<byte>> folders = CompilerFolders.Read(sections);
        LineRows rows = new();
        DwarfUnits units = new(sections.Lines);
        while (!rows.AreFull && units.TryNext(out DwarfUnit unit))
        {
            try
            {
                new LineProgram(new(unit, sections, folders.GetValueOrDefault((ulong)unit.Offset)), rows).Run();
            }
            catch (InvalidDataException)
            {
                units.CountDamaged();
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
