namespace Hyperlight.SourceLines;

/// <summary>
/// Reads from .debug_info in which folders the compiler ran (DWARF 4, sections 3.1.1 and 7.5). Paths of sources are relative to these
/// folders, which line programs before version 5 leave out. The first entry of a unit names the folder and the line program.
/// </summary>
internal static class CompilerFolders
{
    // The names of attributes (DW_AT).
    private const ulong LinesAt = 0x10, Folder = 0x1B;

    private const int FirstVersion = 2, LastVersion = 4;

    // The table of abbreviations is searched anew for each unit, and many units can name one long table. Reading ends when it took this
    // many times the size of the units. The tables of compilers take less than the size, because the abbreviation of the first entry is
    // near the start.
    private const int MostReading = 4;

    /// <summary>Reads the folders. Damaged units are left out, and so are units of other versions than 2 to 4.</summary>
    /// <returns>The folders by the offsets of line programs in .debug_line.</returns>
    public static Dictionary<ulong, ReadOnlyMemory<byte>> Read(DebugSections sections)
    {
        Dictionary<ulong, ReadOnlyMemory<byte>> folders = [];
        DwarfUnits units = new(sections.Units);
        long left = (long)MostReading * sections.Units.Length;
        while (left > 0 && folders.Count < LineRows.MostFiles && units.TryNext(out DwarfUnit unit))
        {
            DwarfCursor abbreviations = default;
            try
            {
                ReadUnit(unit, sections, ref abbreviations, folders);
            }
            catch (InvalidDataException)
            {
                units.CountDamaged();
            }

            left -= abbreviations.Position;
        }

        return folders;
    }

    private static void ReadUnit(
        DwarfUnit unit, DebugSections sections, ref DwarfCursor abbreviations, Dictionary<ulong, ReadOnlyMemory<byte>> folders)
    {
        DwarfCursor cursor = new(unit.Content);
        int version = cursor.ReadUInt16();
        if (version is < FirstVersion or > LastVersion)
        {
            return;
        }

        ulong table = cursor.ReadOffset(unit.Is64);
        abbreviations = new(table < (ulong)sections.Abbreviations.Length ? sections.Abbreviations[(int)table..] : default);
        DwarfFields fields = new(sections, version, unit.Is64, cursor.ReadByte());
        FindFields(ref abbreviations, cursor.ReadNumber());
        (ReadOnlyMemory<byte> folder, ulong? lines) = (default, null);
        while (folder.IsEmpty || lines is null)
        {
            (ulong name, ulong form) = (abbreviations.ReadNumber(), abbreviations.ReadNumber());
            if ((name, form) == (0, 0))
            {
                return;
            }

            (ReadOnlyMemory<byte> text, ulong number) = fields.Read(ref cursor, form);
            (folder, lines) = name switch
            {
                Folder => (text, lines),
                LinesAt => (folder, number),
                _ => (folder, lines),
            };
        }

        folders.TryAdd(lines.Value, folder);
    }

    // An abbreviation is a code, a tag, whether children follow, and pairs of names and forms. Two zeros end the pairs, a zero the table.
    private static void FindFields(ref DwarfCursor abbreviations, ulong code)
    {
        for (ulong found = abbreviations.ReadNumber(); found != 0; found = abbreviations.ReadNumber())
        {
            abbreviations.ReadNumber();
            abbreviations.ReadByte();
            if (found == code)
            {
                return;
            }

            while ((abbreviations.ReadNumber(), abbreviations.ReadNumber()) is not (0, 0))
            {
            }
        }

        throw new InvalidDataException($"a unit has an entry of the abbreviation {code}, which does not exist");
    }
}
