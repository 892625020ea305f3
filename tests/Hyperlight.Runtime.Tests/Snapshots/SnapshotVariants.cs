using Hyperlight.Hypervisors;
using Hyperlight.Snapshots;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Creates snapshots that no guest can cause, and reads the shared content of snapshots.</summary>
internal static class SnapshotVariants
{
    /// <summary>
    /// Creates a copy of a snapshot with another processor state. The copy does not own the memory: dispose only the original.
    /// </summary>
    public static Snapshot With(this Snapshot snapshot, ProcessorState processor)
    {
        SnapshotContent content = snapshot.Content;
        return new(new SnapshotContent(
            content.Origin, content.Generation, content.Map, content.Memory, processor, content.CallRegisters, content.HostFunctions,
            content.AllowedMsrs));
    }

    /// <summary>Takes a snapshot and gets the content that it shares with other snapshots of the same state.</summary>
    public static SnapshotContent TakeContent(this Sandbox sandbox)
    {
        using Snapshot snapshot = sandbox.TakeSnapshot();
        return snapshot.Content;
    }
}
