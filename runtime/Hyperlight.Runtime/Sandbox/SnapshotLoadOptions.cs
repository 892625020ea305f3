namespace Hyperlight;

/// <summary>The options for loading a saved snapshot.</summary>
public sealed class SnapshotLoadOptions
{
    /// <summary>
    /// Gets or sets whether the content of the snapshot is read and compared with its SHA-256 digest; <c>true</c> by default.
    /// </summary>
    /// <inheritdoc cref="GuestImageOptions.VerifyContent" path="/remarks"/>
    public bool VerifyContent { get; set; } = true;
}
