using Hyperlight.Hypervisors;
using Hyperlight.Snapshots;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Snapshots as no guest leaves them, and what snapshots share.</summary>
internal static class SnapshotVariants
{
    /// <summary>The same with another processor. It is no user of the memory: only the first of both is disposed.</summary>
    public static Snapshot With(this Snapshot snapshot, ProcessorState processor)
    {
        SnapshotContent content = snapshot.Content;
        return new(new SnapshotContent(
            content.Origin, content.Generation, content.Map, content.Memory, processor, content.CallRegisters, content.HostFunctions,
            content.AllowedMsrs));
    }

    /// <summary>What a snapshot that is taken now shares with others of the same state.</summary>
    public static SnapshotContent TakeContent(this Sandbox sandbox)
    {
        using Snapshot snapshot = sandbox.TakeSnapshot();
        return snapshot.Content;
    }
}
