using Hyperlight.Images;
using Hyperlight.Layouts;

namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>
/// The settings of a guest, as values and not as text. <see cref="GuestSetting.All"/> describes each of them; the defaults are here.
/// </summary>
internal sealed record GuestSettings
{
    /// <summary>Gets the name of the guest.</summary>
    public string Name { get; init; } = "";

    /// <summary>Gets the absolute path of the file with the symbols of the guest; empty if the guest has its own.</summary>
    public string Symbols { get; init; } = "";

    /// <summary>Gets the sizes of the guest's memory in bytes, and the other settings of the memory.</summary>
    public GuestSizes Sizes { get; init; } = new();

    /// <summary>Gets the absolute path of the init data; empty for none.</summary>
    public string InitData { get; init; } = "";

    /// <summary>Gets the files that every sandbox shows its guest.</summary>
    public IReadOnlyList<MappedFile> FileMappings { get; init; } = [];

    /// <summary>Gets the architecture that the project asserts; <c>null</c> if the project asserts none.</summary>
    public string? Architecture { get; init; }

    /// <summary>Gets the source of the permissions of the guest's own pages.</summary>
    public SegmentPermissions SegmentPermissions { get; init; }

    /// <summary>Gets whether the image gets a snapshot of the guest.</summary>
    public SnapshotChoice Snapshot { get; init; }

    /// <summary>Gets the longest time that taking the snapshot may take.</summary>
    public TimeSpan SnapshotTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the absolute path of the file that declares host functions for the snapshot; empty for none.</summary>
    public string HostFunctions { get; init; } = "";

    /// <summary>
    /// Gets the absolute path of the assembly that adds host functions; empty for none. The assembly may not exist yet, because a project
    /// that this project references may build it later.
    /// </summary>
    public string HostFunctionsAssembly { get; init; } = "";

    /// <summary>Gets all files that settings with one effect name.</summary>
    public IEnumerable<SettingFile> Files(SettingEffect effect) =>
        GuestSetting.All.Where(setting => setting.Effect == effect).SelectMany(setting => setting.Files(this));

    /// <summary>
    /// Reads the settings of a project. A setting keeps its default if the project gives no value, or a value that cannot be understood.
    /// </summary>
    /// <param name="namesOf">Gets the names of a setting in the place that is read; <c>null</c> if the setting cannot be given
    /// there.</param>
    /// <param name="textOf">Gets the text under a name; empty if there is none.</param>
    /// <param name="defaults">The defaults.</param>
    /// <param name="find">Finds a file of the project.</param>
    /// <param name="wrong">Receives the name and the finding for each text that cannot be understood.</param>
    public static GuestSettings Read(
        Func<GuestSetting, SettingNames?> namesOf,
        Func<string, string> textOf,
        GuestSettings defaults,
        Func<string, FileInfo> find,
        Action<string, Finding> wrong)
    {
        GuestSettings settings = defaults;
        foreach (GuestSetting setting in GuestSetting.All)
        {
            if (namesOf(setting)?.Find(textOf) is (var name, { Length: > 0 } text))
            {
                settings = setting.Read(settings, text, find, finding => wrong(name, finding));
            }
        }

        return settings;
    }

    /// <summary>Reads settings that <see cref="GuestSetting.ToText"/> has written.</summary>
    /// <param name="textOf">Gets the text of the setting with a name.</param>
    public static GuestSettings FromText(Func<string, string> textOf)
    {
        GuestSettings settings = new();
        foreach (GuestSetting setting in GuestSetting.All)
        {
            settings = textOf(setting.Name) is { Length: > 0 } text ? setting.FromText(settings, text) : settings;
        }

        return settings;
    }
}
