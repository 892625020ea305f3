using Hyperlight.CoreDumps;
using Hyperlight.Hypervisors;

namespace Hyperlight.Machine;

// The memory of a guest that crashed (amd64 sheet, section 9.2).
internal sealed partial class GuestMachine
{
    /// <summary>Gets the address of the guest's first instruction, or <c>null</c> if the address is not known.</summary>
    public GuestVirtualAddress? EntryPoint => _origin.EntryPoint;

    /// <summary>Gets the digest of the image that the guest was started from, or <c>null</c> if the digest is not known.</summary>
    public string? ImageDigest => _origin.ImageDigest;

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
