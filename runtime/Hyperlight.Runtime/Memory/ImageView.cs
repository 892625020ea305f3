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
    /// <param name="host">The memory of the host.</param>
    /// <exception cref="HyperlightException">There is not enough memory, or the operating system refuses.</exception>
    public static MappedMemory Map(MemoryMap map, SharedFile blob, IHostMemory host) =>
        map.Layout.SnapshotIsPrivate ? host.Allocate(map.SnapshotSize, PartsOf(blob, map.SnapshotSize)) : host.MapReadOnly(blob, map.SnapshotSize);

    /// <summary>Gets the parts of a guest's memory that a blob has.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="size">The size of the guest's memory in bytes.</param>
    public static IReadOnlyList<FilePart> PartsOf(SharedFile blob, ulong size)
    {
        List<FilePart> parts = [];
        ulong place = 0;
        foreach (StoredRange range in blob.RangesOf(size))
        {
            parts.Add(new(range.Offset, range.Size, blob.Handle, place));
            place += range.Size;
        }

        return parts;
    }
}
