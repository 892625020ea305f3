using System.Collections.Immutable;
using Hyperlight.Files;
using Hyperlight.Layouts;

namespace Hyperlight.Memory;

/// <summary>
/// Maps the memory blob of an image for a sandbox, from the base of the sandbox's layout upwards. Guests with page tables see the blob
/// itself, read-only. Other guests have memory of their own, which shows the parts of the blob as private views and is zero elsewhere:
/// <code>
///   memory   │ view │ zero │ view │ zero │
/// </code>
/// </summary>
internal static class ImageView
{
    /// <summary>Maps a blob.</summary>
    /// <param name="map">The memory of the guest.</param>
    /// <param name="blob">The blob, open as long as the memory lives. A blob for guests with memory of their own is sealed.</param>
    /// <param name="host">The memory of the host.</param>
    /// <exception cref="HyperlightException">There is not enough memory, or the operating system refuses.</exception>
    public static MappedMemory Map(MemoryMap map, SharedFile blob, IHostMemory host) =>
        map.Layout.SnapshotIsPrivate
            ? host.Allocate(map.SnapshotSize, PartsOf(blob, map.SnapshotSize))
            : host.MapReadOnly(blob, map.SnapshotSize);

    /// <summary>Gets the parts of a guest's memory that a blob stores.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="size">The size of the guest's memory in bytes.</param>
    public static FilePart[] PartsOf(SharedFile blob, ulong size)
    {
        ImmutableArray<StoredRange> ranges = blob.RangesOf(size);
        FilePart[] parts = new FilePart[ranges.Length];
        ulong place = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = new(ranges[i].Offset, ranges[i].Size, blob.Handle, place);
            place += ranges[i].Size;
        }

        return parts;
    }
}
