using System.Collections.Immutable;
using Hyperlight.Concurrency;
using Hyperlight.Memory;

namespace Hyperlight.Snapshots;

/// <summary>What a snapshot keeps of a guest's memory. It never changes, and any number of threads may use it; each is a user of it meanwhile.</summary>
internal abstract class SnapshotMemory : Shared
{
    /// <summary>Bytes it takes beside what it shares with the image and with earlier snapshots.</summary>
    public abstract ulong Size { get; }

    /// <summary>The layers of a sandbox that this is restored into. The caller is a user of those that are not its own already.</summary>
    /// <param name="current">The layers it has now; those that show the right bytes are kept.</param>
    /// <param name="host">The memory of the host, for new layers.</param>
    public abstract ImmutableArray<MemoryLayer> ShareLayers(ImmutableArray<MemoryLayer> current, IHostMemory host);

    /// <summary>Fills memory that shows what its layers do, and scratch, which must be zero, except the buffers.</summary>
    /// <param name="memory">The sandbox's memory.</param>
    /// <param name="generation">How many snapshots the guest has been through.</param>
    /// <exception cref="HyperlightException">A file cannot be read.</exception>
    public abstract void Fill(GuestMemory memory, ulong generation);
}
