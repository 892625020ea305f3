using System.Collections.Immutable;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Oci;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Snapshots;

/// <summary>
/// The memory of a guest with page tables: layers, which all sandboxes map read-only, and page tables, which all sandboxes share in their
/// scratch until the guest changes them. The layers lie one behind the other, from the base of the layout. The blob on disk has the layers
/// and then the page tables:
/// <code>
///   memory  base │ image │ pages of a snapshot │ pages of the next │   …   │ scratch: tables at their place
///   blob         │ image │ pages of a snapshot │ pages of the next │ tables │
/// </code>
/// </summary>
/// <param name="layers">The layers. The caller's use of the layers is taken over.</param>
/// <param name="tables">The page tables.</param>
/// <param name="ownSize">The size in bytes of the layer that only this snapshot has; 0 if it has no such layer.</param>
internal sealed class PagedSnapshotMemory(ImmutableArray<MemoryLayer> layers, SnapshotTables tables, ulong ownSize) : SnapshotMemory
{
    private const int ChunkSize = 1 << 20;

    /// <summary>Gets the layers, which are mapped as long as this object has users.</summary>
    public ImmutableArray<MemoryLayer> Layers => layers;

    /// <summary>Gets the page tables.</summary>
    public SnapshotTables Tables => tables;

    /// <inheritdoc/>
    public override ulong Size => ownSize + tables.Size;

    /// <summary>Creates the memory of a loaded snapshot. The memory takes over the snapshot's file.</summary>
    /// <exception cref="HyperlightException">There is not enough memory.</exception>
    public static PagedSnapshotMemory Of(MemoryMap map, SavedPagedMemory saved, IHostMemory host) =>
        new([new(map.Layout.SnapshotBase, new(host.MapReadOnly(saved.File, saved.Size), saved.File))], saved.Tables, ownSize: 0);

    /// <summary>
    /// Gets the bytes of the blob on disk before the page tables. Readers expect room for the image, the PEB, a page of heap and the init
    /// data, also if pages of zeros are not stored.
    /// </summary>
    public ulong SavedSize(MemoryMap map) => Math.Max(
        layers[^1].End.Value - map.Layout.SnapshotBase.Value, map.Image.Size + map.Peb.Size + GuestLayout.PageSize + map.InitData.Size);

    /// <summary>Writes the blob.</summary>
    /// <exception cref="HyperlightException">HL3013: the file of a layer was changed.</exception>
    public void WriteTo(BlobSink sink, MemoryMap map)
    {
        foreach (MemoryLayer layer in layers)
        {
            MappedMemory memory = layer.Shared.Memory;
            for (ulong offset = 0; offset < memory.Size; offset += ChunkSize)
            {
                ReadOnlySpan<byte> bytes = memory.Read(offset, (int)Math.Min(ChunkSize, memory.Size - offset));
                if (bytes.IsEmpty)
                {
                    throw new HyperlightException(Rules.ContentChanged.Found(
                        $"the file that the snapshot's guest was started from became shorter or cannot be read: start the guest again, and "
                        + $"leave its files alone while they are in use."));
                }

                sink(layer.Gpa.Value - map.Layout.SnapshotBase.Value + offset, bytes);
            }
        }

        sink(SavedSize(map), tables.Read());
    }

    /// <inheritdoc/>
    public override ImmutableArray<MemoryLayer> ShareLayers(ImmutableArray<MemoryLayer> current, IHostMemory host)
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
                // Cannot fail, because this object is a user of the layer.
                layers[i].Shared.TryShare();
                shared.Add(layers[i]);
            }
        }

        return [.. shared];
    }

    /// <inheritdoc/>
    public override void Fill(GuestMemory memory)
    {
        // The template has the page tables, and the layers have all pages.
    }

    /// <inheritdoc/>
    protected override MemoryTemplate CreateScratch(MemoryMap map, ulong generation, IHostMemory host) =>
        ScratchTemplate.OfSnapshot(map, tables.Read(), generation, host);

    /// <inheritdoc/>
    protected override void Free()
    {
        base.Free();
        foreach (MemoryLayer layer in layers)
        {
            layer.Shared.Dispose();
        }
    }

    private bool IsAt(ImmutableArray<MemoryLayer> current, int i) =>
        i < current.Length && current[i].Gpa == layers[i].Gpa && current[i].Shared.ShowsSameAs(layers[i].Shared);
}
