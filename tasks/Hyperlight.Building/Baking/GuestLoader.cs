using Hyperlight.Elf;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Placement;

namespace Hyperlight.Baking;

/// <summary>
/// Does at build time what a program loader does at start: places the segments and applies the relocations. The ELF file has been
/// validated.
/// </summary>
internal static class GuestLoader
{
    /// <summary>Creates the memory of the image as it is when the guest starts.</summary>
    public static PageStore Load(ElfFile elf, GuestPlacement placement)
    {
        PageStore pages = new();
        foreach (ElfSegment segment in elf.LoadSegments)
        {
            pages.Write(placement.OffsetOf(segment.VirtualAddress), elf.Bytes.Span.Slice((int)segment.Offset, (int)segment.FileSize));
        }

        int wordSize = elf.Class == ElfClass.Elf64 ? sizeof(ulong) : sizeof(uint);
        foreach (ElfRelocation relocation in elf.Relocations.Where(relocation => relocation.Type == ElfRelocation.Relative))
        {
            ulong offset = placement.OffsetOf(relocation.Offset);
            ulong addend = relocation.Addend is { } explicitAddend ? unchecked((ulong)explicitAddend) : pages.ReadWord(offset, wordSize);
            pages.WriteWord(offset, unchecked(placement.Slide + addend), wordSize);
        }

        return pages;
    }

    /// <summary>
    /// Gets the permissions that the segments give each page of the image, in ascending order. Pages between segments may be read and
    /// written.
    /// </summary>
    public static IEnumerable<MemoryPermissions> PagePermissions(
        ElfFile elf, GuestPlacement placement, MemoryMap map, SegmentPermissions permissions)
    {
        ulong pageCount = map.Image.Size / GuestLayout.PageSize;
        if (permissions == SegmentPermissions.Upstream)
        {
            for (ulong page = 0; page < pageCount; page++)
            {
                yield return MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute;
            }

            yield break;
        }

        // Segments are in ascending order and do not overlap, so one pass over segments and pages finds all segments of each page.
        ElfSegment[] segments = [.. elf.LoadSegments];
        int first = 0;
        for (ulong page = 0; page < pageCount; page++)
        {
            ulong start = page * GuestLayout.PageSize;
            ulong end = start + GuestLayout.PageSize;
            while (first < segments.Length && placement.OffsetOf(segments[first].LastAddress) < start)
            {
                first++;
            }

            MemoryPermissions union = MemoryPermissions.None;
            for (int i = first; i < segments.Length && placement.OffsetOf(segments[i].VirtualAddress) < end; i++)
            {
                union |= MemoryPermissions.Read
                    | ((segments[i].Flags & ElfSegmentFlags.Write) != 0 ? MemoryPermissions.Write : MemoryPermissions.None)
                    | ((segments[i].Flags & ElfSegmentFlags.Execute) != 0 ? MemoryPermissions.Execute : MemoryPermissions.None);
            }

            yield return union == MemoryPermissions.None ? MemoryPermissions.Read | MemoryPermissions.Write : union;
        }
    }
}
