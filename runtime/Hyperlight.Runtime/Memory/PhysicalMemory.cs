namespace Hyperlight.Memory;

/// <summary>A guest's physical memory while it is not running: a few ranges, and nothing between them. Every address is checked.</summary>
/// <param name="ranges">Where each range starts, page-aligned, and its bytes. They do not overlap.</param>
internal sealed class PhysicalMemory(params (GuestPhysicalAddress Start, MappedMemory Memory)[] ranges)
{
    /// <summary>Pages that the guest can have made page tables of: those of all ranges, unless set.</summary>
    public ulong PageCount { get; init; } = ranges.Aggregate(0UL, (sum, range) => sum + (range.Memory.Size / GuestLayout.PageSize));

    /// <summary>The number of the range that an address lies in, -1 when there is none.</summary>
    public int RangeAt(ulong gpa)
    {
        for (int i = 0; i < ranges.Length; i++)
        {
            if (gpa >= ranges[i].Start.Value && gpa - ranges[i].Start.Value < ranges[i].Memory.Size)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether a byte of [<paramref name="gpa"/>, <paramref name="gpa"/> + <paramref name="size"/>) is there; the sum must fit 64 bits.</summary>
    public bool Overlaps(ulong gpa, ulong size)
    {
        foreach ((GuestPhysicalAddress start, MappedMemory memory) in ranges)
        {
            if (gpa < start.Value + memory.Size && start.Value < gpa + size)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The page at a page-aligned address, empty when there is none, or none any more because its file has become shorter.</summary>
    public ReadOnlySpan<byte> Page(ulong gpa)
    {
        int range = RangeAt(gpa);
        return range < 0 ? [] : ranges[range].Memory.Page(gpa - ranges[range].Start.Value);
    }
}
