using Hyperlight.Oci;

namespace Hyperlight.Images;

/// <summary>The kinds of manifest that images and snapshots have.</summary>
internal static class ManifestKinds
{
    /// <summary>Gets the kind for images: a guest that has not run.</summary>
    public static ManifestKind Image { get; } = new(MediaTypes.ImageConfig, MediaTypes.Memory);

    /// <summary>Gets the kind for snapshots in upstream's format.</summary>
    public static ManifestKind UpstreamSnapshot { get; } = new(MediaTypes.SnapshotConfig, MediaTypes.Memory);

    /// <summary>Gets the kind for snapshots of guests with page tables in the format of this SDK.</summary>
    public static ManifestKind SdkPagedSnapshot { get; } = new(MediaTypes.SdkSnapshotConfig, MediaTypes.Memory);

    /// <summary>
    /// Gets the kind for snapshots of guests without page tables in the format of this SDK. The layers are the image's memory and the pages
    /// that differ.
    /// </summary>
    public static ManifestKind SdkIdentitySnapshot { get; } = new(
        MediaTypes.SdkSnapshotConfig, MediaTypes.Memory, MediaTypes.Pages);
}
