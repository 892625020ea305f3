namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// The version of the schema of a config in our own format. The version is read before the rest of the config, because other versions have
/// other fields.
/// </summary>
internal sealed record SdkSnapshotVersion
{
    /// <inheritdoc cref="SdkSnapshotConfig.SchemaVersion"/>
    public required int SchemaVersion { get; init; }
}
