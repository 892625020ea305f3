using Hyperlight.Addresses;
using Hyperlight.Layouts;

namespace Hyperlight.Memory;

/// <summary>
/// Checks whether a region can be mapped at an address: the address must be that of a page, and the region must lie inside the layout and
/// overlap nothing.
/// </summary>
internal static class RegionPlacement
{
    /// <summary>Checks the place of a new region.</summary>
    /// <param name="name">The name of the region in messages.</param>
    /// <param name="start">The physical address of the first byte.</param>
    /// <param name="size">The size of the region in bytes, a multiple of the page size and not 0.</param>
    /// <param name="map">The guest's memory as the guest started.</param>
    /// <param name="memory">The guest's memory at this moment.</param>
    /// <returns>HL2004, HL2005, HL2009 or HL2013, or <c>null</c> if the region can be mapped there.</returns>
    public static Finding? Check(string name, GuestPhysicalAddress start, ulong size, MemoryMap map, GuestMemory memory)
    {
        if (!start.IsPageAligned)
        {
            return Rules.NotMappable.Found(
                $"'{name}' is to be mapped at {start}, only multiples of 0x{GuestLayout.PageSize:X} can be mapped: "
                + $"use {start.RoundDownToPage()} or another one.");
        }

        GuestPhysicalAddress top = map.Layout.ScratchTopGpa;
        if (start > top || size - 1 > top - start)
        {
            return Rules.AddressBeyondLayout.Found(
                $"'{name}' (0x{size:X} bytes at {start}) reaches beyond {top}, the last physical address of {map.Layout.Id}: map it "
                    + $"lower.");
        }

        AddressRange<GuestPhysicalAddress> wanted = new(start, size);
        string what = $"'{name}' ({wanted})";
        foreach (ReservedRange range in map.ReservedRanges)
        {
            if (wanted.Overlaps(range.Addresses))
            {
                return Rules.ReservedRange.Found(
                    $"{what} covers addresses of the {range.Name} ({range.Addresses}): map it elsewhere.");
            }
        }

        foreach ((string other, AddressRange<GuestPhysicalAddress> taken) in Taken(map, memory))
        {
            if (wanted.Overlaps(taken))
            {
                return Rules.RegionOverlap.Found(
                    $"{what} overlaps {other} ({taken}): map it elsewhere, well above {memory.Layers[^1].End} where "
                        + $"the guest's own memory ends and below {map.Scratch.Gpa}.");
            }
        }

        return null;
    }

    private static IEnumerable<(string Name, AddressRange<GuestPhysicalAddress> Addresses)> Taken(MemoryMap map, GuestMemory memory) =>
    [
        .. memory.Layers.Select((layer, index) => (index == 0 ? "the guest's image" : "pages of a snapshot", layer.Addresses)),
        ("the scratch region", map.Scratch.Addresses),
        .. memory.Regions.Select(region => ($"'{region.Name}'", region.Addresses)),
    ];
}
