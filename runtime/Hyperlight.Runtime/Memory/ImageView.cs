using Hyperlight.Images;
using Hyperlight.Layouts;

namespace Hyperlight.Memory;

/// <summary>
/// A sandbox's view of a memory blob from the base of its layout upwards. Guests with page tables see the blob itself, read-only. The others have memory of
/// their own, zero but for the parts that the blob has, which are private views of it:
/// <code>
///   memory   │ view │ zero, there once it is touched │ view │ zero │
/// </code>
/// </summary>
internal static class ImageView
{
    /// <summary>Maps a blob.</summary>
    /// <param name="map">The guest's memory.</param>
    /// <param name="blob">The blob, open as long as the view lives. Where guests write to their view it is sealed.</param>
    /// <exception cref="HyperlightException">The kernel refused.</exception>
    public static MappedMemory Map(MemoryMap map, SharedFile blob) =>
        map.Layout.SnapshotIsPrivate ? MapPieces(map, blob) : MapReadOnly(blob, map.SnapshotSize);

    /// <summary>Maps the start of a blob read-only. Unless the blob is sealed, the host reads the file and never the view.</summary>
    /// <param name="blob">The blob, open as long as the view lives.</param>
    /// <param name="size">Bytes, a multiple of the page size.</param>
    /// <exception cref="HyperlightException">The kernel refused.</exception>
    public static MappedMemory MapReadOnly(SharedFile blob, ulong size) =>
        blob.IsSealed ? MappedMemory.MapPrivate(blob.Handle, size, writable: false) : MappedMemory.MapFile(blob.Handle, size);

    private static MappedMemory MapPieces(MemoryMap map, SharedFile blob)
    {
        MappedMemory view = MappedMemory.Allocate(map.SnapshotSize);
        try
        {
            view.KeepPagesSmall();
            ulong place = 0;
            foreach (StoredRange range in blob.RangesOf(map.SnapshotSize))
            {
                view.MapPrivateOver(range.Offset, range.Size, blob.Handle, place);
                place += range.Size;
            }

            return view;
        }
        catch
        {
            view.Dispose();
            throw;
        }
    }
}
