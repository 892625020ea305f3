using System.Collections.Immutable;

namespace Hyperlight.Elf;

/// <summary>The dynamic table, which has the addresses of relocations and the names of libraries.</summary>
internal readonly record struct ElfDynamicTable(ImmutableArray<ElfDynamicEntry> Entries)
{
    /// <summary>Reads the table that PT_DYNAMIC points to. The table is empty if there is no such segment.</summary>
    public static ElfDynamicTable Read(
        ReadOnlySpan<byte> file, ElfFormat format, ImmutableArray<ElfSegment> segments, ICollection<Finding> findings)
    {
        int first = -1;
        foreach (ElfSegment segment in segments)
        {
            if (segment.Type != ElfSegmentType.Dynamic)
            {
                continue;
            }

            if (first >= 0)
            {
                findings.Add(Rules.MalformedDynamic.Found(
                    $"{segments[first]} and {segment} are both dynamic tables, at most one is allowed: "
                    + $"link the guest again with one linker run."));
                break;
            }

            first = segment.Index;
        }

        return first < 0 ? new([]) : ReadSegment(file, format, segments[first], findings);
    }

    /// <summary>
    /// Gets the value of a tag; <c>null</c> if the table does not have the tag. If a damaged table has several entries, the last one
    /// counts, as in dynamic loaders.
    /// </summary>
    public ulong? Find(ElfDynamicTag tag)
    {
        for (int index = Entries.Length - 1; index >= 0; index--)
        {
            if (Entries[index].Tag == tag)
            {
                return Entries[index].Value;
            }
        }

        return null;
    }

    /// <summary>Gets the names of the shared libraries that the guest needs.</summary>
    public ImmutableArray<string> ReadNeededLibraries(ElfMemory memory, int budget, ICollection<Finding> findings)
    {
        ImmutableArray<ulong> offsets = [.. Entries.Where(entry => entry.Tag == ElfDynamicTag.Needed).Select(entry => entry.Value)];
        if (offsets.IsEmpty)
        {
            return [];
        }

        if (Find(ElfDynamicTag.StringTable) is not { } address || Find(ElfDynamicTag.StringTableSize) is not { } size
            || !memory.TrySlice(address, size, out ReadOnlySpan<byte> bytes))
        {
            findings.Add(Rules.MalformedDynamic.Found(
                $"the guest needs {offsets.Length} shared libraries, but the string table with their names "
                + $"(DT_STRTAB, DT_STRSZ) is not in the file content of a segment: link the guest statically."));
            return [];
        }

        ElfStringTable strings = new(bytes, budget);
        var names = ImmutableArray.CreateBuilder<string>(offsets.Length);
        int unreadable = 0;
        foreach (ulong offset in offsets)
        {
            if (strings.Read(offset) is { } name)
            {
                names.Add(name);
            }
            else
            {
                unreadable++;
            }
        }

        if (unreadable > 0)
        {
            findings.Add(Rules.MalformedDynamic.Found(
                $"{unreadable} of {offsets.Length} names of needed libraries (DT_NEEDED) are not in the string table: "
                + $"link the guest statically."));
        }

        return names.DrainToImmutable();
    }

    private static ElfDynamicTable ReadSegment(ReadOnlySpan<byte> file, ElfFormat format, ElfSegment segment, ICollection<Finding> findings)
    {
        if (!ElfRange.TrySlice(file, segment.Offset, segment.FileSize, out ReadOnlySpan<byte> bytes))
        {
            findings.Add(Rules.ElfTruncated.Found(
                $"the dynamic table in {segment} takes 0x{segment.FileSize:X} bytes at file offset 0x{segment.Offset:X}, "
                + $"the file has 0x{file.Length:X}: "
                + $"the file was cut off or is damaged, copy or link it again."));
            return new([]);
        }

        var entries = ImmutableArray.CreateBuilder<ElfDynamicEntry>();
        for (; bytes.Length >= format.DynamicEntrySize; bytes = bytes[format.DynamicEntrySize..])
        {
            ElfCursor cursor = new(bytes, format);
            ElfDynamicEntry entry = new((ElfDynamicTag)cursor.ReadSignedWord(), cursor.ReadWord());
            if (entry.Tag == ElfDynamicTag.End)
            {
                return new(entries.DrainToImmutable());
            }

            entries.Add(entry);
        }

        findings.Add(Rules.MalformedDynamic.Found(
            $"the dynamic table in {segment} has no DT_NULL entry at its end, so entries may be missing: "
            + $"the file is damaged, link the guest again."));
        return new(entries.DrainToImmutable());
    }
}
