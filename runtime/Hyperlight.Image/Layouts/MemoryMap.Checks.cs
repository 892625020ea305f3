using Hyperlight.Addresses;

namespace Hyperlight.Layouts;

/// <summary>
/// Checks whether a layout has room for sizes. Each cause gives one finding: if the image overlaps several ranges, the finding names the
/// first. A size that a finding proposes
/// passes all of these checks.
/// </summary>
internal sealed partial record MemoryMap
{
    private const string WhatGrows = "image, PEB, heap and init data";

    /// <summary>Checks the base that a guest chose. In an untrusted image the base may have any value.</summary>
    private static bool CheckBase(GuestLayout layout, ICollection<Finding> findings)
    {
        GuestPhysicalAddress start = layout.SnapshotBase;
        if (layout.LowestBase is not { } lowest
            || (start >= lowest && start <= layout.ScratchTopGpa && start.IsPageAligned))
        {
            return true;
        }

        findings.Add(Rules.LinkAddress.Found(
            $"the guest's lowest segment is at {start}, {layout.Id} loads guests at multiples of 0x{GuestPage.Size:X} from {lowest} to "
            + $"{layout.ScratchTopGpa}: "
            + $"link the guest there, for example at 0x100000."));
        return false;
    }

    private static bool CheckBounds(GuestLayout layout, GuestSizes sizes, ulong codeSize, ICollection<Finding> findings)
    {
        int before = findings.Count;
        ulong limit = layout.MaxRegionSize;
        void AtMost(string what, ulong size, ulong most, string remedy)
        {
            if (size > most)
            {
                findings.Add(
                    Rules.MemoryTooLarge.Found(
                        $"{what} is 0x{size:X} bytes, {layout.Id} allows 0x{most:X} ({ByteSize.ToText(most)}): {remedy}."));
            }
        }

        AtMost("the guest's image", codeSize, limit, "make the guest smaller");
        AtMost("the init data", sizes.InitDataSize, limit, "make it smaller");
        AtMost("ScratchSize", sizes.ScratchSize, limit, $"lower ScratchSize to at most 0x{limit:X}");
        AtMost("InputBufferSize", sizes.InputBufferSize, limit, "lower InputBufferSize, which is a part of ScratchSize");
        AtMost("OutputBufferSize", sizes.OutputBufferSize, limit, "lower OutputBufferSize, which is a part of ScratchSize");
        if (codeSize <= limit && sizes.InitDataSize <= limit)
        {
            // The heap may take the rest of the limit. If there is no rest, CheckPlacement reports that.
            ulong others = BesideHeap(sizes, codeSize);
            AtMost("HeapSize", sizes.HeapSize, others < limit ? limit - others : limit,
                others < limit ? $"lower HeapSize to at most 0x{limit - others:X}" : "lower HeapSize");
        }

        (string Name, ulong Size)[] buffers = [("InputBufferSize", sizes.InputBufferSize), ("OutputBufferSize", sizes.OutputBufferSize)];
        foreach ((string name, ulong size) in buffers)
        {
            if (size < GuestSizes.MinimumBufferSize)
            {
                findings.Add(Rules.BufferTooSmall.Found(
                    $"{name} is 0x{size:X} bytes, the least is 0x{GuestSizes.MinimumBufferSize:X}: raise {name} to at least "
                    + $"0x{GuestSizes.MinimumBufferSize:X}."));
            }
        }

        if (!MemoryPermissionsText.Readable.Contains(sizes.InitDataPermissions))
        {
            findings.Add(Rules.BadPermissions.Found(
                $"InitDataPermissions is {sizes.InitDataPermissions.ToText()}, a processor can read whatever it has: add the permission "
                + $"to read."));
        }

        if (sizes.ScratchSize % GuestPage.Size != 0 && sizes.ScratchSize <= limit)
        {
            ulong lower = GuestPage.RoundDown(sizes.ScratchSize);
            ulong least = LeastScratchSize(layout, sizes with { ScratchSize = lower }, Math.Min(codeSize, limit));
            ulong proposed = Math.Max(Math.Min(lower + GuestPage.Size, GuestPage.RoundDown(limit)), least);
            findings.Add(Rules.SizeNotPageAligned.Found(
                $"ScratchSize is 0x{sizes.ScratchSize:X} bytes, only multiples of 0x{GuestPage.Size:X} can be mapped: make it "
                + $"0x{proposed:X}."));
        }

        return findings.Count == before;
    }

    private static bool CheckScratch(GuestLayout layout, GuestSizes sizes, ulong codeSize, ICollection<Finding> findings)
    {
        ulong tables = PageTablesSize(layout, sizes, codeSize);
        ulong minimum = layout.MinimumScratchSize(sizes.InputBufferSize, sizes.OutputBufferSize) + tables;
        if (sizes.ScratchSize >= minimum)
        {
            return true;
        }

        ulong least = LeastScratchSize(layout, sizes, codeSize);
        ulong most = MostScratchSize(layout, sizes, codeSize);
        string remedy = least <= most
            ? $"raise ScratchSize to at least 0x{least:X} ({ByteSize.ToText(least)}), or lower HeapSize or the buffer sizes"
            : $"lower HeapSize or the buffer sizes, since {layout.Id} has room for a scratch region of 0x{most:X} at most beside the guest";
        findings.Add(Rules.ScratchTooSmall.Found(
            $"ScratchSize is 0x{sizes.ScratchSize:X} bytes, buffers, page tables (0x{tables:X}) and the guest's first pages need "
            + $"0x{minimum:X}: {remedy}."));
        return false;
    }

    /// <summary>
    /// Gets the least size of scratch that is enough. A larger scratch region may need more page tables, which are themselves in scratch.
    /// </summary>
    private static ulong LeastScratchSize(GuestLayout layout, GuestSizes sizes, ulong codeSize)
    {
        ulong minimum = layout.MinimumScratchSize(
            Math.Min(sizes.InputBufferSize, layout.MaxRegionSize), Math.Min(sizes.OutputBufferSize, layout.MaxRegionSize));
        GuestSizes bounded = sizes with
        {
            HeapSize = Math.Min(sizes.HeapSize, layout.MaxRegionSize),
            InitDataSize = Math.Min(sizes.InitDataSize, layout.MaxRegionSize),
        };
        ulong least = minimum;
        while (least <= layout.MaxRegionSize)
        {
            ulong needed = minimum + PageTablesSize(layout, bounded with { ScratchSize = least }, codeSize);
            if (needed <= least)
            {
                break;
            }

            least = needed;
        }

        return least;
    }

    /// <summary>Gets the greatest size of scratch that fits beside the guest and covers no reserved address.</summary>
    private static ulong MostScratchSize(GuestLayout layout, GuestSizes sizes, ulong codeSize)
    {
        ulong end = layout.SnapshotBase.Value + BesideHeap(sizes, codeSize) + RoundedHeapSize(sizes);
        ulong most = layout.MaxRegionSize;
        ulong Below(ulong top, ulong lowest) => top >= lowest ? top - lowest + 1 : 0;
        most = Math.Min(most, Math.Min(Below(layout.ScratchTopGva.Value, end), Below(layout.ScratchTopGpa.Value, end)));
        foreach (ReservedRange reserved in ReservedRangesOf(layout, sizes))
        {
            most = Math.Min(most, Below(layout.ScratchTopGpa.Value, (reserved.Addresses.Start + reserved.Addresses.Size).Value));
        }

        return GuestPage.RoundDown(most);
    }

    /// <summary>Gets the size of image, PEB and init data together, in bytes.</summary>
    private static ulong BesideHeap(GuestSizes sizes, ulong codeSize) =>
        GuestPage.RoundUp(codeSize) + GuestPage.Size + GuestPage.RoundUp(sizes.InitDataSize);

    private void CheckPlacement(ICollection<Finding> findings)
    {
        GuestVirtualAddress start = Image.Gva;
        GuestVirtualAddress end = InitData.Gva + InitData.Size;
        GuestVirtualAddress scratchTop = Layout.ScratchTopGva;
        GuestVirtualAddress free = end < Scratch.Gva ? end : Scratch.Gva;
        if (end - start > Layout.MaxRegionSize)
        {
            findings.Add(Rules.MemoryTooLarge.Found(
                $"{WhatGrows} take 0x{end - start:X} bytes together, {Layout.Id} allows 0x{Layout.MaxRegionSize:X}: "
                + $"{Remedy(start + Layout.MaxRegionSize)}."));
        }
        else if (end - 1 > scratchTop)
        {
            findings.Add(Rules.AddressBeyondLayout.Found(
                $"{WhatGrows} end at {end - 1}, the last address of {Layout.Id} is {scratchTop}: {Remedy(scratchTop + 1)}."));
        }
        else if (Covered(new(Layout.SnapshotBase, free > start ? free - start : 0)) is { Length: > 0 } underImage)
        {
            findings.Add(Rules.ReservedRange.Found(
                $"{WhatGrows} ({start}-{end - 1}) covers addresses of the {Describe(underImage)}: "
                + $"{Remedy(new(underImage[0].Addresses.Start.Value))}."));
        }
        else if (end > Scratch.Gva)
        {
            findings.Add(Rules.RegionOverlap.Found(
                $"{WhatGrows} ({start}-{end - 1}) overlap the scratch region ({Scratch.Gva}-{scratchTop}): "
                + $"{Remedy(Scratch.Gva, "lower ScratchSize")}."));
        }
        else if (Scratch.Addresses.Overlaps(StoredAddresses))
        {
            // The virtual addresses do not overlap. The physical addresses can, because scratch has other physical than virtual addresses.
            findings.Add(Rules.RegionOverlap.Found(
                $"image, PEB and init data (physical addresses {StoredAddresses}) overlap the scratch region "
                + $"({Scratch.Gpa}-{Layout.ScratchTopGpa}): lower ScratchSize or make the guest smaller."));
        }

        if (Covered(Scratch.Addresses) is { Length: > 0 } underScratch)
        {
            AddressRange<GuestPhysicalAddress> highest = underScratch[^1].Addresses;
            ulong most = Layout.ScratchTopGpa - (highest.Start + highest.Size) + 1;
            findings.Add(Rules.ReservedRange.Found(
                $"the scratch region ({Scratch.Gpa}-{Layout.ScratchTopGpa}) covers addresses of the {Describe(underScratch)}: lower "
                + $"ScratchSize to at most 0x{most:X}."));
        }
    }

    /// <summary>Gets the reserved ranges that share an address with a range, in ascending order.</summary>
    private ReservedRange[] Covered(AddressRange<GuestPhysicalAddress> range) =>
        [.. ReservedRanges.Where(reserved => reserved.Addresses.Overlaps(range)).OrderBy(reserved => reserved.Addresses.Start)];

    /// <summary>Gets the first address above the image's start that the guest's memory must not reach.</summary>
    private GuestVirtualAddress FirstObstacle(GuestVirtualAddress limit)
    {
        IEnumerable<GuestVirtualAddress> reserved = ReservedRanges
            .Where(range => range.Addresses.Start + range.Addresses.Size > Layout.SnapshotBase)
            .Select(range => new GuestVirtualAddress(range.Addresses.Start.Value));
        return reserved.Append(limit).Append(Scratch.Gva).Min();
    }

    /// <summary>
    /// Gets the text of the remedies that keep the guest's memory below an address: a smaller heap, a smaller guest, or another address.
    /// </summary>
    private string Remedy(GuestVirtualAddress end, string? also = null)
    {
        GuestVirtualAddress start = Image.Gva;
        GuestVirtualAddress first = FirstObstacle(end);
        ulong others = Image.Size + Peb.Size + InitData.Size;
        List<string> remedies = [];
        if (first > start + others)
        {
            remedies.Add($"lower HeapSize to at most 0x{first - start - others:X}");
        }
        else if (first > start)
        {
            remedies.Add("make the guest or its init data smaller");
        }

        if (also is not null)
        {
            remedies.Add(also);
        }

        if (Layout.LowestBase is not null)
        {
            remedies.Add("link the guest elsewhere");
        }

        return string.Join(", or ", remedies);
    }

    private static string Describe(ReservedRange[] ranges) =>
        string.Join(", the ", ranges.Select(reserved => $"{reserved.Name} ({reserved.Addresses})"));

    private static IEnumerable<ReservedRange> ReservedRangesOf(GuestLayout layout, GuestSizes sizes) =>
        sizes.HardwareInterrupts ? layout.ReservedRanges.Union(GuestLayouts.InterruptControllers) : layout.ReservedRanges;
}
