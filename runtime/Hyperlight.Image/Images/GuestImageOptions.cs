namespace Hyperlight;

/// <summary>How an image is opened.</summary>
public sealed record GuestImageOptions
{
    /// <summary>
    /// Whether the SHA-256 of the memory blobs is checked, of the image and of its snapshot, which reads all of them. Without, opening takes the same time for every size, and a damaged or
    /// changed blob is not noticed.
    /// </summary>
    public bool VerifyContent { get; init; } = true;

    /// <summary>The <see cref="GuestImage.ContentDigest"/> that the image must have: any other image is refused with HL3017. <c>null</c> for any image.</summary>
    public string? ExpectedDigest { get; init; }

    /// <summary>Files that every sandbox started from the image is shown at its start, before those of its own options; none unless set.</summary>
    public IReadOnlyList<MappedFile> Files { get; init; } = [];
}
