using System.Collections.Immutable;
using Hyperlight.Memory;

namespace Hyperlight.Snapshots;

/// <summary>The memory of a paged guest: layers that every sandbox sees read-only, and page tables that each gets a copy of in its scratch.</summary>
/// <param name="layers">The layers, taken over.</param>
/// <param name="tables">The page tables.</param>
/// <param name="ownSize">Bytes of the layer that is not shared with anything older; 0 when there is none.</param>
internal sealed class PagedSnapshotMemory(ImmutableArray<MemoryLayer> layers, byte[] tables, ulong ownSize) : SnapshotMemory
{
    /// <summary>The layers, there as long as this is.</summary>
    public ImmutableArray<MemoryLayer> Layers => layers;

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
            else
            {
                // This is a user of it, so that cannot fail.
                layers[i].Shared.TryShare();
                shared.Add(layers[i]);
            }
        }

        return [.. shared];
    }

    /// <inheritdoc/>
    public override void Fill(GuestMemory memory, ulong generation) => memory.PrepareScratch(tables, generation);

    /// <inheritdoc/>
    protected override void Free()
    {
        foreach (MemoryLayer layer in layers)
        {
            layer.Shared.Dispose();
        }
    }

    private bool IsAt(ImmutableArray<MemoryLayer> current, int i) =>
        i < current.Length && current[i].Gpa == layers[i].Gpa && current[i].Shared.ShowsSameAs(layers[i].Shared);
}
