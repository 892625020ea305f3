namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>Whether a build takes a snapshot of a guest.</summary>
internal enum SnapshotChoice
{
    /// <summary>No.</summary>
    False,

    /// <summary>Yes; a build that cannot fails.</summary>
    True,

    /// <summary>Where guests can run. Else, and when it fails, the image goes without.</summary>
    Auto,
}
