using System.Text;

namespace Hyperlight.SourceLines;

/// <summary>
/// The header of a line program: how its opcodes are encoded, and its files (DWARF 5, section 6.2.4; the versions 2 to 4 have lists of
/// texts instead of tables).
/// </summary>
internal sealed class LineUnit
{
    // The contents of a field (DW_LNCT), and its forms (DW_FORM).
    private const ulong Path = 1, FolderIndex = 2;
    private const ulong Data2 = 0x05, Data4 = 0x06, Data8 = 0x07, Text = 0x08, Block = 0x09, Data1 = 0x0B, TextAt = 0x0E, Number = 0x0F,
        Data16 = 0x1E, LineTextAt = 0x1F;

    private const int FirstVersion = 2, VersionWithOperations = 4, VersionWithTables = 5;
    private const int LongestPath = 1024;

    private readonly DebugSections _sections;
    private readonly bool _is64;
    private readonly List<(ReadOnlyMemory<byte> Path, ulong Folder)> _folders;
    private readonly List<(ReadOnlyMemory<byte> Path, ulong Folder)> _files;

    /// <summary>Reads the header of a unit.</summary>
    /// <param name="unit">The unit without its length.</param>
    /// <param name="is64">Whether offsets have 64 bits.</param>
    /// <param name="sections">The sections, in which paths can be.</param>
    /// <exception cref="InvalidDataException">The header is not valid, or its version is not 2 to 5.</exception>
    public LineUnit(ReadOnlyMemory<byte> unit, bool is64, DebugSections sections)
    {
        (_is64, _sections) = (is64, sections);
        DwarfCursor cursor = new(unit);
        int version = cursor.ReadUInt16();
        if (version is < FirstVersion or > VersionWithTables)
        {
            throw new InvalidDataException($"a line program has the version {version}");
        }

        // The sizes of an address and of a segment selector. Each address of a program also has its own size.
        cursor.Take(version >= VersionWithTables ? 2UL : 0);
        DwarfCursor header = new(cursor.Take(cursor.ReadOffset(is64)));
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
        _folders = version >= VersionWithTables ? ReadTable(ref header) : ReadFolders(ref header);
        _files = version >= VersionWithTables ? ReadTable(ref header) : ReadFiles(ref header);
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

        // The folder 0 is the one of the compiler, to which all other paths are relative. Before version 5 the folder is not known here.
        string path = Decode(name);
        foreach (ulong index in folder == 0 ? [0UL] : (ReadOnlySpan<ulong>)[folder, 0UL])
        {
            if (!SourcePath.IsAbsolute(path) && index < (ulong)_folders.Count && _folders[(int)index].Path is { IsEmpty: false } parent)
            {
                path = $"{Decode(parent)}/{path}";
            }
        }

        return path.Length <= LongestPath ? path : null;
    }

    private static string Decode(ReadOnlyMemory<byte> text) => Encoding.UTF8.GetString(text.Span[..Math.Min(text.Length, LongestPath)]);

    private static List<(ReadOnlyMemory<byte> Path, ulong Folder)> ReadFolders(ref DwarfCursor header)
    {
        List<(ReadOnlyMemory<byte>, ulong)> folders = [default];
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

    private List<(ReadOnlyMemory<byte> Path, ulong Folder)> ReadTable(ref DwarfCursor header)
    {
        (ulong Content, ulong Form)[] fields = new (ulong, ulong)[header.ReadByte()];
        for (int index = 0; index < fields.Length; index++)
        {
            fields[index] = (header.ReadNumber(), header.ReadNumber());
        }

        // The number of entries is not trusted: reading ends where the bytes end, or at the greatest number of files.
        List<(ReadOnlyMemory<byte>, ulong)> entries = [];
        for (ulong count = header.ReadNumber(); count > 0; count--)
        {
            (ReadOnlyMemory<byte> path, ulong folder) = (default, 0);
            foreach ((ulong content, ulong form) in fields)
            {
                (ReadOnlyMemory<byte> text, ulong number) = ReadField(ref header, form);
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

    private (ReadOnlyMemory<byte> Text, ulong Number) ReadField(ref DwarfCursor header, ulong form)
    {
        switch (form)
        {
            case Text:
                return (header.ReadText(), 0);
            case LineTextAt:
                return (TextIn(_sections.LineTexts, header.ReadOffset(_is64)), 0);
            case TextAt:
                return (TextIn(_sections.Texts, header.ReadOffset(_is64)), 0);
            case Number:
                return (default, header.ReadNumber());
            case Data1:
                return (default, header.ReadByte());
            case Data2:
                return (default, header.ReadUInt16());
            case Data4:
                return (default, header.ReadUInt32());
            case Data8:
                return (default, header.ReadUInt64());
            case Data16:
                header.Take(16);
                return default;
            case Block:
                header.Take(header.ReadNumber());
                return default;
            default:
                throw new InvalidDataException($"a line program has a field of the form 0x{form:X}");
        }
    }

    private static ReadOnlyMemory<byte> TextIn(ReadOnlyMemory<byte> section, ulong offset)
    {
        ReadOnlyMemory<byte> rest = offset < (ulong)section.Length ? section[(int)offset..] : default;
        int length = rest.Span[..Math.Min(rest.Length, LongestPath)].IndexOf((byte)0);
        return length < 0 ? default : rest[..length];
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
