namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>The results of a build that another value of a setting makes out of date.</summary>
internal enum SettingEffect
{
    /// <summary>
    /// No result. The setting decides what a build does, and the tasks that read the setting find out by themselves what is left to do.
    /// </summary>
    None,

    /// <summary>The snapshot of the guest.</summary>
    Snapshot,

    /// <summary>The image of the guest, and with it the snapshot.</summary>
    Image,
}
