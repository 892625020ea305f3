namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>Reads the text of one setting.</summary>
/// <param name="settings">The settings so far.</param>
/// <param name="text">The text, without spaces around it and not empty.</param>
/// <param name="find">Finds a file of the project.</param>
/// <param name="wrong">Receives what is wrong with the text.</param>
/// <returns>The settings with the value; <paramref name="settings"/> if the text cannot be understood.</returns>
internal delegate GuestSettings SettingReader(GuestSettings settings, string text, Func<string, FileInfo> find, Action<Finding> wrong);
