using Hyperlight.Hypervisors.Kvm;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Snapshots as no guest leaves them.</summary>
internal static class SnapshotVariants
{
    /// <summary>The same with another processor. It shares the memory: only the first of both is disposed.</summary>
    public static Snapshot With(this Snapshot snapshot, ProcessorState processor) => new(
        snapshot.Origin, snapshot.Generation, snapshot.Map, snapshot.Memory, processor, snapshot.CallRegisters, snapshot.HostFunctions, snapshot.AllowedMsrs);
}
