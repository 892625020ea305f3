namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>The names of a setting in one place, which is either the metadata of guests or the properties of projects.</summary>
/// <param name="Name">The name.</param>
/// <param name="Former">The name in earlier versions, which is still read; <c>null</c> if the name has always been the same.</param>
internal sealed record SettingNames(string Name, string? Former)
{
    /// <summary>The version of Hyperlight.Sdk that no longer reads former names.</summary>
    public const string LastVersion = "1.0";

    /// <summary>Finds the text of the setting under either name, without the spaces around it.</summary>
    /// <param name="textOf">Gets the text under a name; empty if there is none.</param>
    /// <returns>The name that the text was found under, and the text. The text is empty if the setting is not given.</returns>
    public (string Name, string Text) Find(Func<string, string> textOf)
    {
        string text = textOf(Name).Trim();
        return text.Length == 0 && Former is not null && textOf(Former).Trim() is { Length: > 0 } former ? (Former, former) : (Name, text);
    }
}
