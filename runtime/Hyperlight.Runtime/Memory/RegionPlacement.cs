using Hyperlight.Layouts;

namespace Hyperlight.Memory;

/// <summary>
/// Decides whether a region can be mapped at an address: page-aligned, inside the layout's addresses, and over nothing else.
/// </summary>
internal static class RegionPlacement
{
    /// <summary>Checks the place of a new region.</summary>
    /// <param name="name">The name of the region, for messages.</param>
    /// <param name="start">The address of the first byte.</param>
    /// <param name="size">The size in bytes, a multiple of the page size and not 0.</param>
    /// <param name="map">The memory of the guest at its start.</param>
    /// <param name="memory">The memory of the guest now.</param>
    /// <returns>HL2004, HL2005, HL2009 or HL2013; <c>null</c> if the region can be mapped.</returns>
    public static Finding? Check(string name, GuestPhysicalAddress start, ulong size, MemoryMap map, GuestMemory memory)
    {
        if (start.Value % GuestLayout.PageSize != 0)
        {
            return Rules.NotMappable.Found(
                $"'{name}' is to be mapped at {start}, only multiples of 0x{GuestLayout.PageSize:X} can be mapped: "
                + $"use 0x{start.Value & ~(GuestLayout.PageSize - 1):X} or another one.");
        }

        ulong top = map.Layout.ScratchTopGpa.Value;
        if (start.Value > top || size - 1 > top - start.Value)
        {
            return Rules.AddressBeyondLayout.Found(
                $"'{name}' (0x{size:X} bytes at {start}) reaches beyond 0x{top:X}, the last physical address of {map.Layout.Id}: map it "
                    + "lower.");
        }

        string what = $"'{name}' ({Text(start, size)})";
        foreach (ReservedRange range in map.ReservedRanges)
        {
            if (Overlap(start, size, range.Start, range.Size))
            {
                return Rules.ReservedRange.Found(
                    $"{what} covers addresses of the {range.Name} ({Text(range.Start, range.Size)}): map it elsewhere.");
            }
        }

        foreach ((string other, GuestPhysicalAddress otherStart, ulong otherSize) in Taken(map, memory))
        {
            if (Overlap(start, size, otherStart, otherSize))
            {
                return Rules.RegionOverlap.Found(
                    $"{what} overlaps {other} ({Text(otherStart, otherSize)}): map it elsewhere, well above {memory.Layers[^1].End} where "
                        + $"the guest's own memory ends and below {map.Scratch.Gpa}.");
            }
        }

        return null;
    }

    private static IEnumerable<(string Name, GuestPhysicalAddress Start, ulong Size)> Taken(MemoryMap map, GuestMemory memory) =>
    [
        .. memory.Layers.Select(
            (layer, index) => (index == 0 ? "the guest's image" : "pages of a snapshot", layer.Gpa, layer.Shared.Memory.Size)),
        ("the scratch region", map.Scratch.Gpa, map.Scratch.Size),
        .. memory.Regions.Select(region => ($"'{region.Name}'", region.Gpa, region.Shared.Memory.Size)),
    ];

    private static bool Overlap(GuestPhysicalAddress start, ulong size, GuestPhysicalAddress otherStart, ulong otherSize) =>
        start.Value < otherStart.Value + otherSize && otherStart.Value < start.Value + size;

    private static string Text(GuestPhysicalAddress start, ulong size) => $"{start}-0x{start.Value + size - 1:X}";
}
