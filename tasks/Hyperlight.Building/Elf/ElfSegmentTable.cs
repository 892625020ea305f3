using System.Collections.Immutable;

namespace Hyperlight.Elf;

/// <summary>Reads the program headers.</summary>
internal static class ElfSegmentTable
{
    /// <summary>Reads all program headers. Returns <c>null</c>, with a finding, if they are not all in the file.</summary>
    public static ImmutableArray<ElfSegment>? TryRead(ReadOnlySpan<byte> file, ElfHeader header, ICollection<Finding> findings)
    {
        if (header.ProgramHeaderCount == 0)
        {
            return [];
        }

        // At most 2^32 entries of 56 bytes: the product cannot overflow.
        int entrySize = header.Format.ProgramHeaderSize;
        ulong tableSize = header.ProgramHeaderCount * (ulong)entrySize;
        if (!ElfRange.TrySlice(file, header.ProgramHeaderOffset, tableSize, out ReadOnlySpan<byte> table))
        {
            findings.Add(Rules.ElfTruncated.Found(
                $"{header.ProgramHeaderCount} program headers at file offset 0x{header.ProgramHeaderOffset:X} take 0x{tableSize:X} bytes, "
                + $"the file has 0x{file.Length:X}: the file was cut off or is damaged, copy or link it again."));
            return null;
        }

        var segments = ImmutableArray.CreateBuilder<ElfSegment>((int)header.ProgramHeaderCount);
        for (int index = 0; index < (int)header.ProgramHeaderCount; index++)
        {
            segments.Add(ReadEntry(table.Slice(index * entrySize, entrySize), header.Format, index));
        }

        return segments.MoveToImmutable();
    }

    private static ElfSegment ReadEntry(ReadOnlySpan<byte> entry, ElfFormat format, int index)
    {
        ElfCursor cursor = new(entry, format);
        ElfSegmentType type = (ElfSegmentType)cursor.ReadUInt32();

        // p_flags moved to the front in the 64-bit class, to keep the next words aligned.
        uint flags = format.Is64 ? cursor.ReadUInt32() : 0;
        ulong offset = cursor.ReadWord();
        ulong virtualAddress = cursor.ReadWord();
        cursor.Skip(format.WordSize); // p_paddr
        ulong fileSize = cursor.ReadWord();
        ulong memorySize = cursor.ReadWord();
        flags = format.Is64 ? flags : cursor.ReadUInt32();
        return new(index, type, (ElfSegmentFlags)flags, offset, virtualAddress, fileSize, memorySize, cursor.ReadWord());
    }
}
