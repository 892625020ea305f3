using Hyperlight.Elf;
using Hyperlight.Placement;

namespace Hyperlight.Validation;

/// <summary>The rules for segments: for each segment, for segments together, and for segments in the layout.</summary>
internal static class SegmentRules
{
    /// <summary>The address that kernels are often linked for, as an example in texts of findings.</summary>
    private static readonly GuestPhysicalAddress ExampleBase = new(0x10_0000);

    public static void Check(ElfFile elf, GuestLayout layout, CappedFindings findings)
    {
        // An object file has no segments, and a core file has the segments of another program. Another rule reports the type of the file.
        if (elf.LoadSegments.IsEmpty && elf.Type is (ElfType.Executable or ElfType.PositionIndependent))
        {
            findings.Add(Rules.NoLoadSegment, () =>
                "no program header is a PT_LOAD with a memory size above 0, a guest needs at least one: "
                + "check the linker script and that the file was linked.");
        }

        // Segments without memory are not loaded, but their fields must be consistent too.
        foreach (ElfSegment segment in elf.Segments)
        {
            if (segment.Type == ElfSegmentType.Load)
            {
                CheckSizes(segment, elf, findings);
                CheckAlignment(segment, findings);
            }
        }

        CheckOrder(elf, findings);
        CheckSpan(elf, layout, findings);
        CheckLinkAddress(elf, layout, findings);
        CheckNullPage(elf, layout, findings);
    }

    private static void CheckSizes(ElfSegment segment, ElfFile elf, CappedFindings findings)
    {
        ulong fileLength = (ulong)elf.Bytes.Length;
        if (segment.Offset > fileLength || segment.FileSize > fileLength - segment.Offset)
        {
            findings.Add(Rules.ElfTruncated, () =>
                $"{segment} has 0x{segment.FileSize:X} bytes at file offset 0x{segment.Offset:X}, the file has 0x{fileLength:X}: "
                + "the file was cut off or is damaged, copy or link it again.");
        }

        if (segment.FileSize > segment.MemorySize)
        {
            findings.Add(Rules.SegmentRange, () =>
                $"{segment} has 0x{segment.FileSize:X} bytes in the file but only 0x{segment.MemorySize:X} in memory, "
                + "the file size may not be greater: "
                + "check the linker script or what changed the file after linking.");
        }

        if (WrapsAround(segment, elf))
        {
            ulong lastAddress = new ElfFormat(elf.Class).LastAddress;
            findings.Add(Rules.SegmentRange, () =>
                $"{segment} takes 0x{segment.MemorySize:X} bytes of memory from 0x{segment.VirtualAddress:X} on, "
                + $"addresses of its ELF class end at 0x{lastAddress:X}: link the guest lower or make the segment smaller.");
        }
    }

    /// <summary>Checks whether a segment reaches beyond the last address of the file's class.</summary>
    private static bool WrapsAround(ElfSegment segment, ElfFile elf)
    {
        ulong lastAddress = new ElfFormat(elf.Class).LastAddress;
        return segment.MemorySize > 0
            && (segment.VirtualAddress > lastAddress || segment.MemorySize - 1 > lastAddress - segment.VirtualAddress);
    }

    /// <summary>Checks whether the offset and the address of a segment are equal modulo its alignment, which is a power of two.</summary>
    private static bool IsCongruent(ElfSegment segment) => ((segment.VirtualAddress ^ segment.Offset) & (segment.Alignment - 1)) == 0;

    private static void CheckAlignment(ElfSegment segment, CappedFindings findings)
    {
        if (segment.Alignment > 1 && !ulong.IsPow2(segment.Alignment))
        {
            findings.Add(Rules.SegmentAlignment, () =>
                $"{segment} has the alignment 0x{segment.Alignment:X}, allowed are 0, 1 and powers of two: check the linker script.");
        }
        else if (segment.Alignment > 1 && !IsCongruent(segment))
        {
            findings.Add(Rules.SegmentAlignment, () =>
                $"{segment} is at file offset 0x{segment.Offset:X}, "
                + $"the offset and the address must leave the same remainder when divided by the alignment 0x{segment.Alignment:X}: "
                + "check the linker script or what changed the file after linking.");
        }
    }

    private static void CheckOrder(ElfFile elf, CappedFindings findings)
    {
        ElfSegment? highest = null;
        foreach (ElfSegment segment in elf.LoadSegments)
        {
            if (highest is { } lower && segment.VirtualAddress <= lower.LastAddress)
            {
                findings.Add(Rules.SegmentOrder, () => segment.LastAddress < lower.VirtualAddress
                    ? $"{segment} follows {lower} in the program header table, "
                        + "segments must be in ascending order of their addresses: sort them in the linker script."
                    : $"{segment} overlaps {lower}, every address may belong to one segment only: "
                        + "check the addresses in the linker script.");
            }

            highest = highest is { } other && other.LastAddress >= segment.LastAddress ? other : segment;
        }
    }

    private static void CheckSpan(ElfFile elf, GuestLayout layout, CappedFindings findings)
    {
        ulong room = layout.MaxRegionSize;
        foreach (ElfSegment segment in elf.LoadSegments)
        {
            ulong distance = segment.LastAddress - elf.LoadBase;
            if (distance >= room && !WrapsAround(segment, elf))
            {
                findings.Add(Rules.AddressBeyondLayout, () =>
                    $"{segment} ends 0x{distance:X} bytes above the guest's lowest segment (0x{elf.LoadBase:X}), "
                    + $"{layout.Id} has room for 0x{room:X} ({ByteSize.ToText(room)}): "
                    + "link the segments closer together or make the guest smaller.");
            }
        }

        GuestPlacement placement = new(elf, layout);
        if (elf.LoadSize <= room && placement.ImageSize > room)
        {
            ElfSegment strictest = elf.LoadSegments.First(segment => segment.Alignment == placement.Alignment);
            if (!IsCongruent(strictest))
            {
                return;
            }

            findings.Add(Rules.SegmentAlignment, () =>
                $"{strictest} has the alignment 0x{placement.Alignment:X}; {layout.Id} starts images at {layout.SnapshotBase}, "
                + $"and of the 0x{room:X} bytes for the image the alignment alone would take 0x{placement.Padding:X}: "
                + "lower the alignment in the linker script or of the variable that asks for it.");
        }
    }

    private static void CheckLinkAddress(ElfFile elf, GuestLayout layout, CappedFindings findings)
    {
        if (elf.LoadSegments.IsEmpty)
        {
            return;
        }

        if (elf.Type == ElfType.Executable && elf.LoadBase != layout.SnapshotBase.Value)
        {
            // At the lowest base itself, a guest that is not position-independent has a layout of upstream.
            (string allowed, GuestPhysicalAddress example) = layout.LowestBase is { } lowest
                ? ($"a multiple of 0x{GuestLayout.PageSize:X} above {lowest}, for example {ExampleBase}", ExampleBase)
                : ($"{layout.SnapshotBase}", layout.SnapshotBase);
            findings.Add(Rules.LinkAddress, () =>
                $"the guest is linked for address 0x{elf.LoadBase:X} (ET_EXEC, not position-independent), "
                + $"{layout.Id} loads it at {allowed}: "
                + $"link it position-independent (-static-pie), or with its first segment there ({LinkerAdvice.StartAt(elf, example)}).");
        }
        else if (elf.LoadBase % GuestLayout.PageSize != 0)
        {
            findings.Add(Rules.LinkAddress, () =>
                $"the guest's lowest segment is at 0x{elf.LoadBase:X}, the image must start on a page, "
                + $"a multiple of 0x{GuestLayout.PageSize:X}: "
                + $"{LinkerAdvice.AlignFirst(elf)}.");
        }
    }

    private static void CheckNullPage(ElfFile elf, GuestLayout layout, CappedFindings findings)
    {
        if (!elf.LoadSegments.IsEmpty && layout.SnapshotBase.Value == 0)
        {
            findings.Add(Rules.MemoryAtZero, () =>
                $"{layout.Id} loads the guest at address 0, so a null pointer leads to its first segment and causes no fault: "
                + "to make a null pointer fault, link a guest that need not start in real mode elsewhere than at 0 and 0x1000, "
                + $"for example at {ExampleBase} ({LinkerAdvice.StartAt(elf, ExampleBase)}), and without a version note.");
        }
    }
}
