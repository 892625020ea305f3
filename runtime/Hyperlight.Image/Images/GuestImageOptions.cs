namespace Hyperlight;

/// <summary>How an image is opened.</summary>
public sealed record GuestImageOptions
{
    /// <summary>
    /// Whether the memory blob's SHA-256 is checked, which reads all of it. Without, opening takes the same time for every size, and a damaged or
    /// changed blob is not noticed.
    /// </summary>
    public bool VerifyContent { get; init; } = true;
}
