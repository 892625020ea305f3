using System.Collections.Immutable;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Snapshots;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>
/// Snapshot memory with a layer in the middle of a page. No hypervisor maps that, so a restore makes a sandbox unrecoverable.
/// </summary>
internal sealed class UnmappableMemory(GuestPhysicalAddress scratch) : SnapshotMemory
{
    public override ulong Size => 0;

    /// <summary>Creates a snapshot that fits the same sandboxes and cannot be restored.</summary>
    public static Snapshot InsteadOf(Snapshot good)
    {
        SnapshotContent content = good.Content;
        return new(new SnapshotContent(
            content.Origin, 1, content.Map, new UnmappableMemory(content.Map.Scratch.Gpa), content.Processor, content.CallRegisters,
            content.HostFunctions, content.AllowedMsrs));
    }

    public override ImmutableArray<MemoryLayer> ShareLayers(ImmutableArray<MemoryLayer> current, IHostMemory host) =>
        current.Add(new(scratch + 1, new(host.Allocate(4096))));

    public override void Fill(GuestMemory memory)
    {
    }

    protected override MemoryTemplate CreateScratch(MemoryMap map, ulong generation, IHostMemory host) =>
        ScratchTemplate.OfSnapshot(map, default, generation, host);
}
