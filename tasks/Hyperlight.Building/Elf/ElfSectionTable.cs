using System.Collections.Immutable;

namespace Hyperlight.Elf;

/// <summary>Reads the section headers. A guest runs without section headers, but a file that lost them was probably cut off.</summary>
internal static class ElfSectionTable
{
    /// <summary>Reads all section headers. Returns an empty list, with a finding, if they are not all in the file.</summary>
    public static ImmutableArray<ElfSection> Read(ReadOnlySpan<byte> file, ElfHeader header, ICollection<Finding> findings)
    {
        if (header.SectionHeaderOffset == 0)
        {
            return [];
        }

        int entrySize = header.Format.SectionHeaderSize;
        ulong mostEntries = (ulong)(file.Length / entrySize);
        if (header.SectionHeaderCount > mostEntries
            || !ElfRange.TrySlice(
                file, header.SectionHeaderOffset, header.SectionHeaderCount * (ulong)entrySize, out ReadOnlySpan<byte> table))
        {
            findings.Add(Rules.ElfTruncated.Found(
                $"{header.SectionHeaderCount} section headers at file offset 0x{header.SectionHeaderOffset:X} reach beyond the file's "
                + $"0x{file.Length:X} bytes: the file was cut off or is damaged, copy or link it again."));
            return [];
        }

        int count = (int)header.SectionHeaderCount;
        ElfStringTable names = new(ReadNameTable(file, table, header, findings), file.Length);
        var sections = ImmutableArray.CreateBuilder<ElfSection>(count);
        for (int index = 0; index < count; index++)
        {
            ElfSection section = ReadEntry(table.Slice(index * entrySize, entrySize), header.Format, index, out uint nameOffset);
            sections.Add(section with { Name = names.Read(nameOffset) ?? "" });
        }

        return sections.MoveToImmutable();
    }

    /// <summary>Checks whether a file has only the debug information of a program: its code sections have no bytes in the file.</summary>
    public static bool IsDebugFile(ImmutableArray<ElfSection> sections)
    {
        bool empty = false;
        foreach (ElfSection section in sections)
        {
            if (IsCode(section))
            {
                if (section.Type != ElfSectionType.NoBits)
                {
                    return false;
                }

                empty = true;
            }
        }

        return empty;
    }

    /// <summary>Checks whether a section has machine code.</summary>
    public static bool IsCode(ElfSection section) =>
        (section.Flags & (ElfSectionFlags.Allocate | ElfSectionFlags.Execute)) == (ElfSectionFlags.Allocate | ElfSectionFlags.Execute)
        && section.Size > 0;

    /// <summary>Reads a section header. The name stays empty.</summary>
    public static ElfSection ReadEntry(ReadOnlySpan<byte> entry, ElfFormat format, int index, out uint nameOffset)
    {
        ElfCursor cursor = new(entry, format);
        nameOffset = cursor.ReadUInt32();
        return new(
            index,
            Name: "",
            Type: (ElfSectionType)cursor.ReadUInt32(),
            Flags: (ElfSectionFlags)cursor.ReadWord(),
            Address: cursor.ReadWord(),
            Offset: cursor.ReadWord(),
            Size: cursor.ReadWord(),
            Link: cursor.ReadUInt32(),
            Info: cursor.ReadUInt32(),
            Alignment: cursor.ReadWord(),
            EntrySize: cursor.ReadWord());
    }

    private static ReadOnlySpan<byte> ReadNameTable(
        ReadOnlySpan<byte> file, ReadOnlySpan<byte> table, ElfHeader header, ICollection<Finding> findings)
    {
        // SHN_UNDEF: the sections have no names.
        if (header.SectionNameIndex == 0)
        {
            return [];
        }

        if (header.SectionNameIndex >= header.SectionHeaderCount)
        {
            findings.Add(Rules.MalformedHeader.Found(
                $"e_shstrndx puts the section names into section {header.SectionNameIndex}, "
                + $"the file has {header.SectionHeaderCount} sections: the file is damaged, link the guest again."));
            return [];
        }

        int entrySize = header.Format.SectionHeaderSize;
        int index = (int)header.SectionNameIndex;
        ElfSection section = ReadEntry(table.Slice(index * entrySize, entrySize), header.Format, index, out _);
        if (!ElfRange.TrySlice(file, section.Offset, section.Size, out ReadOnlySpan<byte> names))
        {
            findings.Add(Rules.ElfTruncated.Found(
                $"the section names (0x{section.Size:X} bytes at file offset 0x{section.Offset:X}) reach beyond the file's "
                + $"0x{file.Length:X} bytes: "
                + $"the file was cut off or is damaged, copy or link it again."));
        }

        return names;
    }
}
