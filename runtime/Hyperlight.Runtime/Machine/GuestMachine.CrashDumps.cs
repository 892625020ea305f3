using Hyperlight.CoreDumps;
using Hyperlight.Hypervisors;
using Hyperlight.Symbols;

namespace Hyperlight.Machine;

// The memory of a guest that crashed (amd64 sheet, section 9.2), and the place in its code.
internal sealed partial class GuestMachine
{
    // The number beside the address, which tells that there is an address (amd64 sheet, section 5.8).
    private const ulong AbortMark = 0x4C50_4C48;

    /// <summary>Gets the address of the guest's first instruction, or <c>null</c> if the address is not known.</summary>
    public GuestVirtualAddress? EntryPoint => _origin.EntryPoint;

    /// <summary>Gets the digest of the image that the guest was started from, or <c>null</c> if the digest is not known.</summary>
    public string? ImageDigest => _origin.ImageDigest;

    /// <summary>
    /// Gets the source map of the guest, or <c>null</c> if the place of its image is not known. A snapshot that was loaded from a file
    /// knows no place: if it is of the image that the machine was created for, the map of that image is used.
    /// </summary>
    public ImageSymbols? Symbols =>
        _origin.Symbols ?? (_origin.ImageDigest == _created.ImageDigest ? _created.Symbols : null);

    /// <summary>
    /// Gets the address that a guest of the kit leaves in a register when it aborts (amd64 sheet, section 5.8), or <c>null</c> if the
    /// guest leaves none. The address is inside the instruction that called the abort.
    /// </summary>
    public ulong? AbortAddress =>
        _virtual.GetRegisters() is { Rsi: AbortMark, Rdi: not 0 and var address } ? address : null;

    /// <summary>Collects the memory that the guest sees.</summary>
    /// <param name="special">The special registers, which lead to the guest's page tables.</param>
    /// <param name="maxPages">The greatest number of pages to collect.</param>
    /// <param name="deadline">The time at which to stop, in milliseconds of <see cref="Environment.TickCount64"/>.</param>
    public CoreMemory ReadCrashedMemory(in SpecialRegisters special, int maxPages, long deadline)
    {
        return TablesOf(special) is { } tables
            ? CoreMemory.Mapped(_memory.ToPhysical(), tables.Format, tables.Root, maxPages, deadline)
            : CoreMemory.Unmapped(
                _memory.ToPhysical(),
                [
                    .. _memory.Layers.Select(layer => (layer.Gpa, layer.Shared.Memory.Size)),
                    (_map.Scratch.Gpa, _memory.Scratch.Size),
                    .. _memory.Regions.Select(region => (region.Gpa, region.Shared.Memory.Size)),
                ],
                maxPages,
                deadline);
    }
}
