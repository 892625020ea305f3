namespace Hyperlight;

/// <summary>How an image is opened.</summary>
public sealed record GuestImageOptions
{
    /// <summary>
    /// Whether the memory blobs, of the image and of its snapshot, are read and their SHA-256 is checked. What was checked is kept in memory that nobody can change, once
    /// in the process, and that is what runs. Without, opening an image of a guest with page tables takes the same time for every size, a damaged blob is not
    /// noticed, and the files must stay as they are while they are in use: only for files that nobody else can write.
    /// </summary>
    public bool VerifyContent { get; init; } = true;

    /// <summary>The <see cref="GuestImage.ContentDigest"/> that the image must have: any other image is refused with HL3017. <c>null</c> for any image.</summary>
    public string? ExpectedDigest { get; init; }

    /// <summary>Files that every sandbox started from the image is shown at its start, before those of its own options; none unless set.</summary>
    public IReadOnlyList<MappedFile> Files { get; init; } = [];
}
