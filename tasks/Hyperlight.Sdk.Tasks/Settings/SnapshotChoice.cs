namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>Says whether a build takes a snapshot of a guest.</summary>
internal enum SnapshotChoice
{
    /// <summary>The build takes no snapshot.</summary>
    False,

    /// <summary>The build takes a snapshot, and fails if it cannot.</summary>
    True,

    /// <summary>
    /// The build takes a snapshot if guests can run on the computer. Otherwise, or if the attempt fails, the image has no snapshot.
    /// </summary>
    Auto,
}
