namespace Hyperlight.Images;

/// <summary>The media types of the blobs of images and snapshots (amd64 sheet, section 8).</summary>
internal static class MediaTypes
{
    public const string ImageConfig = "application/vnd.hyperlight.sdk.image.config.v1+json";
    public const string SnapshotConfig = "application/vnd.hyperlight.snapshot.config.v1+json";
    public const string SdkSnapshotConfig = "application/vnd.hyperlight.sdk.snapshot.config.v1+json";
    public const string Memory = "application/vnd.hyperlight.snapshot.memory.v1";
    public const string Pages = "application/vnd.hyperlight.sdk.snapshot.pages.v1";
}
