namespace Hyperlight;

/// <summary>How an image is opened.</summary>
public sealed class GuestImageOptions
{
    /// <summary>
    /// Gets or sets whether the content of the image and of its snapshot is read and compared with its SHA-256 digest; <c>true</c> by
    /// default.
    /// </summary>
    /// <remarks>
    /// With <c>true</c> the content is kept once for each process, in memory that nobody can change, and guests run from that memory. With
    /// <c>false</c> the time to open an image of a guest with page tables does not depend on its size. Damage is then not noticed, and the
    /// files must not change while they are in use. Use <c>false</c> only for files that nobody else can write.
    /// </remarks>
    public bool VerifyContent { get; set; } = true;

    /// <summary>
    /// Gets or sets the <see cref="GuestImage.ContentDigest"/> that the image must have; <c>null</c>, the default, for any image. Another
    /// image is refused with HL3017.
    /// </summary>
    public string? ExpectedDigest { get; set; }

    /// <summary>
    /// Gets the files that every sandbox of the image shows its guest from the start, before the files that the options of a sandbox map.
    /// The list is empty by default.
    /// </summary>
    public IList<MappedFile> Files { get; } = [];
}
