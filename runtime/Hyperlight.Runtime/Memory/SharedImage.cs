using Hyperlight.Files;
using Hyperlight.Layouts;

namespace Hyperlight.Memory;

/// <summary>
/// The memory that the sandboxes of an image have in common: the templates of scratch, and the view of the memory blob if no guest of the
/// layout writes to its image. The blob owns this object.
/// </summary>
/// <param name="map">The memory of the guests.</param>
/// <param name="scratch">The templates of scratch, which this object takes over.</param>
/// <param name="view">The view, which this object takes over; <c>null</c> if each sandbox has a view of its own.</param>
internal sealed class SharedImage(MemoryMap map, MemoryTemplates scratch, MappedMemory? view) : IDisposable
{
    /// <summary>Gets the memory of the guests.</summary>
    public MemoryMap Map => map;

    /// <summary>Gets the templates of scratch for guests that begin with their first instruction.</summary>
    public MemoryTemplates Scratch => scratch;

    /// <summary>
    /// Gets the memory that the sandboxes of a blob have in common. The object is valid as long as the caller is a user of the blob.
    /// </summary>
    /// <param name="map">The memory of the guests, the same object for all sandboxes that use the blob.</param>
    /// <param name="blob">The memory blob of the image.</param>
    /// <param name="host">The memory of the host.</param>
    /// <exception cref="HyperlightException">
    /// HL3012: there is not enough memory. HL3013: the blob was changed since the image was opened.
    /// </exception>
    public static SharedImage Of(MemoryMap map, SharedFile blob, IHostMemory host)
    {
        SharedImage shared = blob.Derive(() => Create(map, blob, host));
        if (!ReferenceEquals(shared.Map, map))
        {
            throw new ArgumentException("The memory blob is in use with another map.", nameof(map));
        }

        if (!blob.IsSealed)
        {
            // The guest could not run in a file that became shorter. The page tables are at the end of the file.
            ScratchTemplate.Read(blob, new byte[1], map.BlobSize - 1);
        }

        return shared;
    }

    /// <summary>Gets the bytes of the image for a sandbox, which becomes a user of them.</summary>
    /// <param name="blob">The blob that owns this object. The caller passes its use of the blob on.</param>
    /// <param name="host">The memory of the host.</param>
    /// <exception cref="HyperlightException">There is not enough memory, or the operating system refuses.</exception>
    public SharedMemory ShareView(SharedFile blob, IHostMemory host) =>
        view is not null ? SharedMemory.OwnedBy(blob, view) : new(ImageView.Map(map, blob, host), blob);

    /// <inheritdoc/>
    public void Dispose()
    {
        scratch.Dispose();
        view?.Dispose();
    }

    private static SharedImage Create(MemoryMap map, SharedFile blob, IHostMemory host) => new(
        map,
        new(() => ScratchTemplate.OfImage(map, blob, host)),
        map.Layout.SnapshotIsPrivate ? null : ImageView.Map(map, blob, host));
}
