namespace Hyperlight.Images;

/// <summary>What a manifest can be of.</summary>
/// <param name="ConfigMediaType">The media type of its config.</param>
/// <param name="LayerMediaTypes">Those of its layers.</param>
internal sealed record ManifestKind(string ConfigMediaType, params string[] LayerMediaTypes)
{
    /// <summary>A guest that has not run.</summary>
    public static ManifestKind Image { get; } = new(OciLayout.ConfigMediaType, OciLayout.MemoryMediaType);

    /// <summary>A snapshot in upstream's format.</summary>
    public static ManifestKind UpstreamSnapshot { get; } = new(OciLayout.SnapshotConfigMediaType, OciLayout.MemoryMediaType);

    /// <summary>A snapshot of a guest with page tables in our own format.</summary>
    public static ManifestKind SdkPagedSnapshot { get; } = new(OciLayout.SdkSnapshotConfigMediaType, OciLayout.MemoryMediaType);

    /// <summary>A snapshot of a guest without page tables in our own format: the image's memory, and the pages that differ.</summary>
    public static ManifestKind SdkIdentitySnapshot { get; } = new(OciLayout.SdkSnapshotConfigMediaType, OciLayout.MemoryMediaType, OciLayout.PagesMediaType);
}
