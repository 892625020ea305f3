namespace Hyperlight.Images;

/// <summary>A kind of manifest.</summary>
/// <param name="ConfigMediaType">The media type of the config.</param>
/// <param name="LayerMediaTypes">The media types of the layers.</param>
internal sealed record ManifestKind(string ConfigMediaType, params string[] LayerMediaTypes)
{
    /// <summary>Gets the kind for images: a guest that has not run.</summary>
    public static ManifestKind Image { get; } = new(OciLayout.ConfigMediaType, OciLayout.MemoryMediaType);

    /// <summary>Gets the kind for snapshots in upstream's format.</summary>
    public static ManifestKind UpstreamSnapshot { get; } = new(OciLayout.SnapshotConfigMediaType, OciLayout.MemoryMediaType);

    /// <summary>Gets the kind for snapshots of guests with page tables in our own format.</summary>
    public static ManifestKind SdkPagedSnapshot { get; } = new(OciLayout.SdkSnapshotConfigMediaType, OciLayout.MemoryMediaType);

    /// <summary>
    /// Gets the kind for snapshots of guests without page tables in our own format. The layers are the image's memory and the pages that
    /// differ.
    /// </summary>
    public static ManifestKind SdkIdentitySnapshot { get; } = new(
        OciLayout.SdkSnapshotConfigMediaType, OciLayout.MemoryMediaType, OciLayout.PagesMediaType);
}
