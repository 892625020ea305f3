using System.Collections.Immutable;
using Hyperlight.Concurrency;
using Hyperlight.Memory;

namespace Hyperlight.Snapshots;

/// <summary>
/// A guest's memory as a snapshot keeps it. The memory never changes. Any number of threads may use the memory at once. Each thread counts
/// as a user of the memory for that time.
/// </summary>
internal abstract class SnapshotMemory : Shared
{
    /// <summary>
    /// Gets the bytes of host memory that the snapshot takes, without those that it shares with the image and earlier snapshots.
    /// </summary>
    public abstract ulong Size { get; }

    /// <summary>
    /// Gets the layers for a sandbox into which the snapshot is restored. The caller becomes a user of the layers that are not among the
    /// current ones.
    /// </summary>
    /// <param name="current">The current layers of the sandbox. Layers with the right content are kept.</param>
    /// <param name="host">The memory of the host, for new layers.</param>
    public abstract ImmutableArray<MemoryLayer> ShareLayers(ImmutableArray<MemoryLayer> current, IHostMemory host);

    /// <summary>Writes the pages that no layer has, and all of scratch except the buffers.</summary>
    /// <param name="memory">
    /// The sandbox's memory, whose scratch is zero and whose layers are as <see cref="ShareLayers"/> returned them.
    /// </param>
    /// <param name="generation">The count of snapshots that the guest has been through.</param>
    /// <exception cref="HyperlightException">A file cannot be read.</exception>
    public abstract void Fill(GuestMemory memory, ulong generation);
}
