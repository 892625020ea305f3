using Hyperlight.CoreDumps;
using Hyperlight.Hypervisors;
using Hyperlight.Paging;
using Hyperlight.Snapshots;

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
        PageTableFormat? format = ProcessorPaging.Of(special);
        if (format is null && _map.Layout.Paging == GuestPaging.None)
        {
            return CoreMemory.Unmapped(
                _memory.ToPhysical(),
                [
                    .. _memory.Layers.Select(layer => (layer.Gpa, layer.Shared.Memory.Size)),
                    (_map.Scratch.Gpa, _memory.Scratch.Size),
                    .. _memory.Regions.Select(region => (region.Gpa, region.Shared.Memory.Size)),
                ],
                maxPages,
                deadline);
        }

        // A triple fault resets the registers of some processors. If so, the page tables that the guest started with are used.
        return format is null
            ? CoreMemory.Mapped(_memory.ToPhysical(), PageTableFormat.Of(_map.Layout.Paging), _map.PageTables.Gpa, maxPages, deadline)
            : CoreMemory.Mapped(_memory.ToPhysical(), format, new(special.Cr3 & format.AddressMask), maxPages, deadline);
    }
}
