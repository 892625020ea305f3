using System.Collections.Immutable;
using Hyperlight.Concurrency;
using Hyperlight.Layouts;
using Hyperlight.Memory;

namespace Hyperlight.Snapshots;

/// <summary>
/// A guest's memory as a snapshot keeps it. The memory never changes. Any number of threads may use the memory at once. Each thread counts
/// as a user of the memory for that time.
/// </summary>
internal abstract class SnapshotMemory : Shared
{
    private readonly SteadyLock _lock = new();

    // Created when it is first needed, because many snapshots are never restored.
    private MemoryTemplates? _scratch;

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

    /// <summary>Gets a template of scratch. The caller becomes a user of the template.</summary>
    /// <param name="map">The guest's memory as the guest started.</param>
    /// <param name="generation">The count of snapshots that the guest has been through, always the same.</param>
    /// <param name="host">The memory of the host.</param>
    /// <param name="current">The template of the sandbox, which is kept if it is one of this snapshot; otherwise <c>null</c>.</param>
    /// <exception cref="HyperlightException">HL3012: there is not enough memory.</exception>
    public MemoryTemplate ShareScratch(MemoryMap map, ulong generation, IHostMemory host, MemoryTemplate? current = null)
    {
        using (_lock.Enter())
        {
            _scratch ??= CreateTemplates(map, generation, host);
        }

        return _scratch.Share(current);
    }

    /// <summary>Writes the pages that neither a layer nor the template of scratch has.</summary>
    /// <param name="memory">
    /// The sandbox's memory, whose scratch has the content of the template and whose layers are as <see cref="ShareLayers"/> returned them.
    /// </param>
    /// <exception cref="HyperlightException">A file cannot be read.</exception>
    public abstract void Fill(GuestMemory memory);

    /// <summary>Creates the template of scratch.</summary>
    protected abstract MemoryTemplate CreateScratch(MemoryMap map, ulong generation, IHostMemory host);

    /// <inheritdoc/>
    protected override void Free() => _scratch?.Dispose();

    // A method of its own, because its function would be allocated at each restore otherwise.
    private MemoryTemplates CreateTemplates(MemoryMap map, ulong generation, IHostMemory host) =>
        new(() => CreateScratch(map, generation, host));
}
