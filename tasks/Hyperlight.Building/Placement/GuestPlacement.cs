using Hyperlight.Elf;

namespace Hyperlight.Placement;

/// <summary>
/// The places of a guest's segments in its image. The image starts at the base of the layout. Its lowest segment starts there too, unless
/// the guest is position-independent and a segment has a greater alignment than a page. Then the image starts with padding that keeps all
/// addresses equal modulo that alignment. Upstream moves such guests without padding, which breaks the alignment.
/// </summary>
internal readonly record struct GuestPlacement
{
    private readonly ulong _linkBase;
    private readonly ulong _loadSize;

    /// <summary>Computes the places of a guest's segments. The file need not be valid.</summary>
    public GuestPlacement(ElfFile elf, GuestLayout layout)
    {
        _linkBase = elf.LoadBase;
        _loadSize = elf.LoadSize;
        Alignment = AlignmentOf(elf);
        Padding = elf.Type == ElfType.PositionIndependent && _loadSize > 0
            ? unchecked(elf.LoadBase - layout.SnapshotBase.Value) & (Alignment - 1)
            : 0;
        Slide = unchecked(layout.SnapshotBase.Value + Padding - _linkBase);
    }

    /// <summary>Gets the greatest alignment of a segment that is a power of two, at least the page size.</summary>
    public ulong Alignment { get; }

    /// <summary>
    /// Gets the size of the padding before the lowest segment in bytes: less than the alignment, and whole pages if the segment starts a
    /// page.
    /// </summary>
    public ulong Padding { get; }

    /// <summary>Gets the number that is added to linked addresses, modulo 2^64.</summary>
    public ulong Slide { get; }

    /// <summary>
    /// Gets the size from the start of the image to the end of the segments in bytes, not rounded; the greatest number if the size does
    /// not fit 64 bits.
    /// </summary>
    public ulong ImageSize => _loadSize > ulong.MaxValue - Padding ? ulong.MaxValue : _loadSize + Padding;

    /// <summary>Gets the offset of a linked address in the image, in bytes.</summary>
    public ulong OffsetOf(ulong address) => unchecked(address - _linkBase + Padding);

    /// <summary>Gets the greatest alignment of a segment that is a power of two, at least the page size.</summary>
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
