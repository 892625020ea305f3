using System.Collections.Immutable;
using Hyperlight.Memory;
using Hyperlight.Snapshots;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Memory of a snapshot with a layer where the guest has its scratch, which no hypervisor maps: a sandbox it is restored into is lost.</summary>
internal sealed class UnmappableMemory(GuestPhysicalAddress scratch) : SnapshotMemory
{
    public override ulong Size => 0;

    /// <summary>A snapshot that fits the same sandboxes and cannot be restored.</summary>
    public static Snapshot InsteadOf(Snapshot good) => new(
        good.Origin, 1, good.Map, new UnmappableMemory(good.Map.Scratch.Gpa), good.Processor, good.CallRegisters, good.HostFunctions, good.AllowedMsrs);

    public override ImmutableArray<MemoryLayer> ShareLayers(ImmutableArray<MemoryLayer> current) =>
        current.Add(new(scratch, new(MappedMemory.Allocate(4096))));

    public override void Fill(GuestMemory memory, ulong generation) => memory.PrepareScratch([], generation);

    protected override void Free()
    {
    }
}
