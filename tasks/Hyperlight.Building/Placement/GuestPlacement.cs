using Hyperlight.Elf;

namespace Hyperlight.Placement;

/// <summary>
/// Where a guest's segments lie in its image. The image starts at the base of the layout, and so does its lowest segment, unless the guest is
/// position-independent and one of its segments wants more than the alignment of a page: then the image starts with as many bytes of nothing as keep
/// every address what it is modulo that alignment. Upstream moves such guests without them, and breaks the alignment.
/// </summary>
internal readonly record struct GuestPlacement
{
    private readonly ulong _linkBase;
    private readonly ulong _loadSize;

    /// <summary>Where the segments of a guest lie. Nothing in the file has to be valid.</summary>
    public GuestPlacement(ElfFile elf, GuestLayout layout)
    {
        _linkBase = elf.LoadBase;
        _loadSize = elf.LoadSize;
        Alignment = AlignmentOf(elf);
        Padding = elf.Type == ElfType.PositionIndependent && _loadSize > 0 ? unchecked(elf.LoadBase - layout.SnapshotBase.Value) & (Alignment - 1) : 0;
        Slide = unchecked(layout.SnapshotBase.Value + Padding - _linkBase);
    }

    /// <summary>The greatest alignment of a segment that is a power of two; at least that of a page.</summary>
    public ulong Alignment { get; }

    /// <summary>Bytes of nothing before the lowest segment: less than the alignment, whole pages where the segment starts on a page.</summary>
    public ulong Padding { get; }

    /// <summary>The number that is added to an address as linked, modulo 2^64.</summary>
    public ulong Slide { get; }

    /// <summary>Bytes from the start of the image to behind the last byte of the segments, not rounded; the greatest number where there is no such number.</summary>
    public ulong ImageSize => _loadSize > ulong.MaxValue - Padding ? ulong.MaxValue : _loadSize + Padding;

    /// <summary>Where an address, as linked, is in the image, in bytes from the image's start.</summary>
    public ulong OffsetOf(ulong address) => unchecked(address - _linkBase + Padding);

    /// <summary>The greatest alignment of a segment that is a power of two; at least that of a page.</summary>
    public static ulong AlignmentOf(ElfFile elf)
    {
        ulong alignment = GuestLayout.PageSize;
        foreach (ElfSegment segment in elf.LoadSegments)
        {
            alignment = ulong.IsPow2(segment.Alignment) ? Math.Max(alignment, segment.Alignment) : alignment;
        }

        return alignment;
    }
}
