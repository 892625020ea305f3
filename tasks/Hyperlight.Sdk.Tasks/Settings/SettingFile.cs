namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>A file that a setting names. The result of a build depends on the content of the file, and not on its path.</summary>
/// <param name="Path">The absolute path.</param>
/// <param name="Label">The name that the guest knows the file by; empty for a setting that names one file.</param>
internal sealed record SettingFile(string Path, string Label = "");
