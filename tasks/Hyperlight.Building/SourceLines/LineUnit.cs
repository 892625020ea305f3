using System.Text;

namespace Hyperlight.SourceLines;

/// <summary>
/// The header of a line program: how its opcodes are encoded, and its files (DWARF 5, section 6.2.4; the versions 2 to 4 have lists of
/// texts instead of tables).
/// </summary>
internal sealed class LineUnit
{
    // The contents of a field (DW_LNCT).
    private const ulong Path = 1, FolderIndex = 2;

    private const int FirstVersion = 2, VersionWithOperations = 4, VersionWithTables = 5;

    private readonly List<(ReadOnlyMemory<byte> Path, ulong Folder)> _folders;
    private readonly List<(ReadOnlyMemory<byte> Path, ulong Folder)> _files;

    /// <summary>Reads the header of a unit.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="sections">The sections, in which paths can be.</param>
    /// <param name="folder">The folder of the compiler, for versions before 5; empty if the folder is not known.</param>
    /// <exception cref="InvalidDataException">The header is not valid, or its version is not 2 to 5.</exception>
    public LineUnit(DwarfUnit unit, DebugSections sections, ReadOnlyMemory<byte> folder)
    {
        DwarfCursor cursor = new(unit.Content);
        int version = cursor.ReadUInt16();
        if (version is < FirstVersion or > VersionWithTables)
        {
            throw new InvalidDataException($"a line program has the version {version}");
        }

        // The sizes of an address and of a segment selector. Each address of a program also has its own size.
        bool hasTables = version >= VersionWithTables;
        cursor.Take(hasTables ? 2UL : 0);
        DwarfFields fields = new(sections, version, unit.Is64, AddressSize: 0);
        DwarfCursor header = new(cursor.Take(cursor.ReadOffset(unit.Is64)));
        Program = cursor.Rest;
        LeastInstruction = header.ReadByte();

        // The operations of an instruction, of which x86 has one, and whether the first row is a statement.
        header.Take(version >= VersionWithOperations ? 2UL : 1);
        LineBase = (sbyte)header.ReadByte();
        LineRange = header.ReadByte();
        FirstSpecial = header.ReadByte();
        if (LineRange == 0 || FirstSpecial == 0)
        {
            throw new InvalidDataException("a line program does not say how its opcodes are encoded");
        }

        OperandCounts = header.Take((ulong)FirstSpecial - 1);
        _folders = hasTables ? ReadTable(ref header, fields) : ReadFolders(ref header, folder);
        _files = hasTables ? ReadTable(ref header, fields) : ReadFiles(ref header);
    }

    /// <summary>Gets the program.</summary>
    public ReadOnlyMemory<byte> Program { get; }

    /// <summary>Gets the number of bytes that addresses are counted in.</summary>
    public byte LeastInstruction { get; }

    /// <summary>Gets the least number that a special opcode adds to the line.</summary>
    public sbyte LineBase { get; }

    /// <summary>Gets the count of numbers that special opcodes can add to the line.</summary>
    public byte LineRange { get; }

    /// <summary>Gets the first special opcode.</summary>
    public byte FirstSpecial { get; }

    /// <summary>Gets the number of operands of each opcode from 1 on that is not special.</summary>
    public ReadOnlyMemory<byte> OperandCounts { get; }

    /// <summary>Gets the path of a file; <c>null</c> if the file has no path that can be read.</summary>
    /// <param name="file">The number of the file in the program.</param>
    public string? PathOf(ulong file)
    {
        if (file >= (ulong)_files.Count || _files[(int)file] is not ({ IsEmpty: false } name, var folder))
        {
            return null;
        }

        // The folder 0 is the one of the compiler, to which all other paths are relative.
        string path = Decode(name);
        foreach (ulong index in folder == 0 ? [0UL] : (ReadOnlySpan<ulong>)[folder, 0UL])
        {
            if (!SourcePath.IsAbsolute(path) && index < (ulong)_folders.Count && _folders[(int)index].Path is { IsEmpty: false } parent)
            {
                path = $"{Decode(parent)}/{path}";
            }
        }

        return path.Length <= DwarfFields.LongestPath ? path : null;
    }

    private static string Decode(ReadOnlyMemory<byte> text) =>
        Encoding.UTF8.GetString(text.Span[..Math.Min(text.Length, DwarfFields.LongestPath)]);

    private static List<(ReadOnlyMemory<byte> Path, ulong Folder)> ReadFolders(ref DwarfCursor header, ReadOnlyMemory<byte> first)
    {
        List<(ReadOnlyMemory<byte>, ulong)> folders = [(first, 0)];
        while (header.ReadText() is { IsEmpty: false } folder)
        {
            Add(folders, folder, 0);
        }

        return folders;
    }

    private static List<(ReadOnlyMemory<byte> Path, ulong Folder)> ReadFiles(ref DwarfCursor header)
    {
        List<(ReadOnlyMemory<byte>, ulong)> files = [default];
        while (header.ReadText() is { IsEmpty: false } name)
        {
            Add(files, name, header.ReadNumber());
            header.ReadNumber(); // The time of the file.
            header.ReadNumber(); // The size of the file.
        }

        return files;
    }

    private static List<(ReadOnlyMemory<byte> Path, ulong Folder)> ReadTable(ref DwarfCursor header, in DwarfFields fields)
    {
        (ulong Content, ulong Form)[] columns = new (ulong, ulong)[header.ReadByte()];
        for (int index = 0; index < columns.Length; index++)
        {
            columns[index] = (header.ReadNumber(), header.ReadNumber());
        }

        // The number of entries is not trusted. Each field of a valid table has at least one byte.
        List<(ReadOnlyMemory<byte>, ulong)> entries = [];
        ulong count = header.ReadNumber();
        if (count > (ulong)(header.Left / Math.Max(columns.Length, 1)))
        {
            throw new InvalidDataException($"a line program has not enough bytes for {count} files");
        }

        for (; count > 0; count--)
        {
            (ReadOnlyMemory<byte> path, ulong folder) = (default, 0);
            foreach ((ulong content, ulong form) in columns)
            {
                (ReadOnlyMemory<byte> text, ulong number) = fields.Read(ref header, form);
                (path, folder) = content switch
                {
                    Path => (text, folder),
                    FolderIndex => (path, number),
                    _ => (path, folder),
                };
            }

            Add(entries, path, folder);
        }

        return entries;
    }

    private static void Add(List<(ReadOnlyMemory<byte> Path, ulong Folder)> entries, ReadOnlyMemory<byte> path, ulong folder)
    {
        if (entries.Count >= LineRows.MostFiles)
        {
            throw new InvalidDataException($"a line program has more than {LineRows.MostFiles} files");
        }

        entries.Add((path, folder));
    }
}
