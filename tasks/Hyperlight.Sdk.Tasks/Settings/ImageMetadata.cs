namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>Describes a metadata of <c>HyperlightImage</c>, the item of an image that the targets return.</summary>
/// <param name="Name">The name.</param>
/// <param name="Text">The meaning, as one sentence.</param>
internal sealed record ImageMetadata(string Name, string Text)
{
    public const string GuestName = "Name";
    public const string Architecture = "Architecture";
    public const string Layout = "Layout";
    public const string EntryPoint = "EntryPoint";
    public const string ImageSize = "ImageSize";
    public const string StoredSize = "StoredSize";
    public const string Digest = "Digest";
    public const string SnapshotDigest = "SnapshotDigest";
    public const string ContentDigest = "ContentDigest";
    public const string GuestSha256 = "GuestSha256";
    public const string GuestBinary = "GuestBinary";
    public const string ImageDirectory = "ImageDirectory";
    public const string SourceMapSha256 = "SourceMapSha256";

    /// <summary>The metadata, in the order of the schema.</summary>
    public static readonly IReadOnlyList<ImageMetadata> All =
    [
        new(GuestName, "The name of the guest."),
        new(Architecture, "The architecture of the guest: amd64 or i686."),
        new(Layout, "The layout of the guest's memory, for example amd64-0.16."),
        new(EntryPoint, "The address at which the guest starts, in hexadecimal digits after 0x."),
        new(ImageSize, "The size of the guest's memory in the image, in bytes."),
        new(StoredSize, "The bytes of the guest's memory that the files of the image store. Pages of zeros are not stored."),
        new(Digest, "The digest of the image's OCI manifest, with the prefix sha256:. Registries know the image by this digest.")
        {
            FormerName = "Sha256",
        },
        new(SnapshotDigest, "The digest of the snapshot's OCI manifest, with the prefix sha256:. Empty if the image has no snapshot.")
        {
            FormerName = "SnapshotSha256",
        },
        new(
            ContentDigest,
            "The digest of the image and its snapshot, with the prefix sha256:. The program records this digest and opens no other image."),
        new(GuestSha256, "The SHA-256 of the guest's ELF file, in hexadecimal digits."),
        new(GuestBinary, "The absolute path of the guest's ELF file."),
        new(ImageDirectory, "The absolute path of the folder of the image."),
        new(
            SourceMapSha256,
            "The SHA-256 of the guest's source map, in hexadecimal digits. Empty if nothing is known about the guest's functions."),
    ];

    /// <summary>
    /// Gets the name that earlier versions had for the metadata, with a value without the prefix <c>sha256:</c>; <c>null</c> if there was
    /// none.
    /// </summary>
    public string? FormerName { get; private init; }
}
