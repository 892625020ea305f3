namespace Hyperlight;

/// <summary>How a saved snapshot is loaded.</summary>
public sealed record SnapshotLoadOptions
{
    /// <summary>
    /// Whether the memory blob's SHA-256 is checked, which reads all of it. Without, loading takes the same time for every size, and a damaged or
    /// changed blob is not noticed.
    /// </summary>
    public bool VerifyContent { get; init; } = true;
}
