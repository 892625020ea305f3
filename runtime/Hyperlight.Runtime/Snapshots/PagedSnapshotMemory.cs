using System.Collections.Immutable;
using Hyperlight.Memory;

namespace Hyperlight.Snapshots;

/// <summary>The memory of a paged guest: layers that every sandbox sees read-only, and page tables that each gets a copy of in its scratch.</summary>
/// <param name="layers">The layers, taken over.</param>
/// <param name="tables">The page tables.</param>
/// <param name="ownSize">Bytes of the layer that is not shared with anything older; 0 when there is none.</param>
internal sealed class PagedSnapshotMemory(ImmutableArray<MemoryLayer> layers, byte[] tables, ulong ownSize) : SnapshotMemory
{
    private int _disposed;

    /// <summary>The page tables.</summary>
    public ReadOnlySpan<byte> Tables => tables;

    /// <inheritdoc/>
    public override ulong Size => ownSize + (ulong)tables.Length;

    /// <inheritdoc/>
    public override ImmutableArray<MemoryLayer> ShareLayers(ImmutableArray<MemoryLayer> current)
    {
        int same = 0;
        while (same < layers.Length && IsAt(current, same))
        {
            same++;
        }

        if (same == layers.Length && same == current.Length)
        {
            return current;
        }

        List<MemoryLayer> shared = [];
        for (int i = 0; i < layers.Length; i++)
        {
            if (IsAt(current, i))
            {
                shared.Add(current[i]);
            }
            else if (layers[i].Shared.TryShare())
            {
                shared.Add(layers[i]);
            }
            else
            {
                foreach (MemoryLayer layer in shared.Except(current))
                {
                    layer.Shared.Dispose();
                }

                throw new ObjectDisposedException(nameof(Snapshot));
            }
        }

        return [.. shared];
    }

    private bool IsAt(ImmutableArray<MemoryLayer> current, int i) =>
        i < current.Length && current[i].Gpa == layers[i].Gpa && current[i].Shared.ShowsSameAs(layers[i].Shared);

    /// <inheritdoc/>
    public override void FillScratch(GuestMemory memory, ulong generation) => memory.PrepareScratch(tables, generation);

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            foreach (MemoryLayer layer in layers)
            {
                layer.Shared.Dispose();
            }
        }
    }
}
