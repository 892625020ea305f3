using System.Collections.Immutable;
using Hyperlight.Files;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Paging;

namespace Hyperlight.Images;

/// <summary>Opens the memory of guests in image directories.</summary>
internal static class ImageMemory
{
    /// <summary>Opens the memory of an image.</summary>
    /// <param name="directory">The directory of the image, or of a snapshot that has the image's memory.</param>
    /// <param name="descriptor">The descriptor of the blob.</param>
    /// <param name="stored">The parts of the memory that the blob stores, from the config.</param>
    /// <param name="map">The map of the memory.</param>
    /// <param name="verifyContent">Whether the blob's digest is checked.</param>
    /// <exception cref="HyperlightException">HL3002 to HL3005, HL3012.</exception>
    public static SharedFile Open(
        OciReader directory, OciDescriptor descriptor, ImmutableArray<StoredRange> stored, MemoryMap map, bool verifyContent)
    {
        if (StoredRanges.FindFault(stored, map) is { } fault)
        {
            throw directory.FailureText(Rules.ImageMapDiffers, fault);
        }

        bool isPaged = map.Layout.Paging != GuestPaging.None;
        return directory.OpenMemory(
            descriptor, StoredRanges.Total(stored), UseOf(map.Layout, verifyContent), isPaged ? null : stored);
    }

    /// <summary>
    /// Gets the use of a blob that sandboxes of a layout map. Without page tables a sandbox writes to its view of the blob, and the host
    /// cannot tell which pages of the view still belong to the file. Such sandboxes therefore map a copy.
    /// </summary>
    public static ContentUse UseOf(GuestLayout layout, bool verifyContent) =>
        verifyContent ? ContentUse.Verified : layout.SnapshotIsPrivate ? ContentUse.Copied : ContentUse.Mapped;
}
