using Hyperlight.Addresses;
using Hyperlight.Paging;

namespace Hyperlight.Memory;

/// <summary>The physical memory of a guest that is not running: a few ranges with gaps between them. Each address is checked.</summary>
/// <param name="ranges">The ranges: the address of the first byte, which is page-aligned, and the bytes. The ranges do not overlap.</param>
internal sealed class PhysicalMemory(params (GuestPhysicalAddress Start, MappedMemory Memory)[] ranges) : IGuestPages
{
    /// <summary>Gets the number of pages that can contain page tables of the guest. All pages count unless another number is set.</summary>
    public ulong PageCount { get; init; } = ranges.Aggregate(0UL, (sum, range) => sum + (range.Memory.Size / GuestLayout.PageSize));

    /// <summary>Finds the range that an address lies in.</summary>
    /// <returns>The index of the range; -1 if the address lies in no range.</returns>
    public int RangeAt(GuestPhysicalAddress gpa)
    {
        for (int i = 0; i < ranges.Length; i++)
        {
            if (Addresses(i).Contains(gpa))
            {
                return i;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public bool Contains(GuestPhysicalAddress gpa) => RangeAt(gpa) >= 0;

    /// <inheritdoc/>
    public bool Overlaps(AddressRange<GuestPhysicalAddress> range)
    {
        for (int i = 0; i < ranges.Length; i++)
        {
            if (Addresses(i).Overlaps(range))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Gets the bytes of a page; no bytes if there is no page, or if the page was part of a file that has become shorter.
    /// </summary>
    /// <param name="gpa">The address of the page, page-aligned.</param>
    public ReadOnlySpan<byte> Page(GuestPhysicalAddress gpa)
    {
        int range = RangeAt(gpa);
        return range < 0 ? [] : ranges[range].Memory.Page(gpa - ranges[range].Start);
    }

    private AddressRange<GuestPhysicalAddress> Addresses(int range) => new(ranges[range].Start, ranges[range].Memory.Size);
}
