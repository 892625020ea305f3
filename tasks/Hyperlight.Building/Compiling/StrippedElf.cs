using System.Buffers.Binary;
using System.Collections.Immutable;
using Hyperlight.Elf;

namespace Hyperlight.Compiling;

/// <summary>Makes an ELF file without debug information of one that has it, as <c>strip --strip-debug</c> does.</summary>
internal static class StrippedElf
{
    private const int SectionOffsetOffset = 24;      // sh_offset of Elf64_Shdr
    private const int SectionHeaderOffsetOffset = 40; // e_shoff of Elf64_Ehdr
    private const int TableAlignment = 8;
    private const ulong MaxAlignment = 4096;

    /// <summary>
    /// Gets the file without its debug sections. Their headers stay, as unused ones, so that no symbol names another section. A file that
    /// is not such a file is returned as it is: the rules for guests say what is wrong.
    /// </summary>
    public static byte[] Of(byte[] file)
    {
        List<Finding> findings = [];
        if (ElfFile.TryRead(file, findings) is not { Class: ElfClass.Elf64 } elf || findings.Count > 0 || !elf.Sections.Any(IsDebug))
        {
            return file;
        }

        ulong start = EndOfLoaded(elf, file.Length);
        ElfSection[] behind =
            [.. elf.Sections.Where(section => HasBytes(section) && section.Offset >= start).OrderBy(section => section.Offset)];
        bool isUsual = elf.Sections.Where(HasBytes).All(section => section.Offset >= start || !IsDebug(section))
            && behind.All(section => ElfRange.TrySlice(file, section.Offset, section.Size, out _) && section.Alignment <= MaxAlignment)
            && behind.Sum(section => (long)section.Size) <= file.Length;
        return isUsual ? Write(file, (int)start, elf.Sections, behind) : file;
    }

    private static byte[] Write(byte[] file, int start, ImmutableArray<ElfSection> sections, ElfSection[] behind)
    {
        int entrySize = new ElfFormat(ElfClass.Elf64).SectionHeaderSize;
        int oldTable = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(SectionHeaderOffsetOffset));
        byte[] table = file[oldTable..(oldTable + (sections.Length * entrySize))];
        using MemoryStream output = new();
        output.Write(file, 0, start);
        foreach (ElfSection section in behind)
        {
            Span<byte> header = table.AsSpan(section.Index * entrySize, entrySize);
            if (IsDebug(section))
            {
                header.Clear();
                continue;
            }

            Align(output, (int)Math.Max(section.Alignment, 1));
            BinaryPrimitives.WriteUInt64LittleEndian(header[SectionOffsetOffset..], (ulong)output.Position);
            output.Write(file, (int)section.Offset, (int)section.Size);
        }

        Align(output, TableAlignment);
        long newTable = output.Position;
        output.Write(table);
        byte[] result = output.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(result.AsSpan(SectionHeaderOffsetOffset), (ulong)newTable);
        return result;
    }

    private static void Align(MemoryStream output, int alignment)
    {
        while (output.Position % alignment != 0)
        {
            output.WriteByte(0);
        }
    }

    private static bool IsDebug(ElfSection section) =>
        section.Type == ElfSectionType.ProgramBits
        && !section.Flags.HasFlag(ElfSectionFlags.Allocate)
        && section.Name.StartsWith(".debug_", StringComparison.Ordinal);

    private static bool HasBytes(ElfSection section) => section.Type is not (ElfSectionType.None or ElfSectionType.NoBits);

    // The end of all that a loader may read. The file is cut behind it.
    private static ulong EndOfLoaded(ElfFile elf, int length)
    {
        ulong end = 0;
        Extend(elf.ProgramHeaders.Offset, elf.ProgramHeaders.Size);
        foreach (ElfSegment segment in elf.Segments)
        {
            Extend(segment.Offset, segment.FileSize);
        }

        foreach (ElfSection section in elf.Sections.Where(section => HasBytes(section) && section.Flags.HasFlag(ElfSectionFlags.Allocate)))
        {
            Extend(section.Offset, section.Size);
        }

        return end;

        // A range that leaves the file keeps all of the file.
        void Extend(ulong offset, ulong size) =>
            end = Math.Max(end, offset <= (ulong)length && size <= (ulong)length - offset ? offset + size : (ulong)length);
    }
}
