namespace Hyperlight;

/// <summary>How a saved snapshot is loaded.</summary>
public sealed record SnapshotLoadOptions
{
    /// <summary>
    /// Whether the memory blobs are read and their SHA-256 is checked. What was checked is kept in memory that nobody can change, and that is what runs. Without,
    /// loading a snapshot of a guest with page tables takes the same time for every size, a damaged blob is not noticed, and the files must stay as they are while they
    /// are in use: only for files that nobody else can write.
    /// </summary>
    public bool VerifyContent { get; init; } = true;
}
