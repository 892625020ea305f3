using Hyperlight.Layouts;
using Hyperlight.Sdk.Tasks.Files;

namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>
/// Describes a setting of a guest: a metadata of <c>HyperlightGuest</c>, and for most settings a property with the default for all guests.
/// Metadata reading, the items between tasks, the known names and the keys of images follow from the descriptions.
/// A test compares the schema, the targets and the tables of the documents with the descriptions.
/// </summary>
internal sealed partial record GuestSetting
{
    private const string PropertyPrefix = "Hyperlight";

    /// <summary>Gets the name of the metadata.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the name that earlier versions had for the setting; <c>null</c> if the name has always been the same.</summary>
    public string? FormerName { get; init; }

    /// <summary>Gets whether a property gives the value for guests that have no value of their own.</summary>
    public bool HasProperty { get; init; }

    /// <summary>Gets the meaning of the setting, as one sentence.</summary>
    public required string Text { get; init; }

    /// <summary>Gets the kind of the values, as the schema calls it.</summary>
    public required string SchemaType { get; init; }

    /// <summary>Gets the texts of all values; empty if there are too many to list.</summary>
    public Func<IReadOnlyList<string>> Values { get; init; } = () => [];

    /// <summary>Gets the page of the documents that explains the setting or its errors, as a path.</summary>
    public required string HelpPage { get; init; }

    /// <summary>Gets the text of the default as the schema has it, where the default depends on the guest; otherwise <c>null</c>.</summary>
    public string? DefaultOfEachGuest { get; init; }

    /// <summary>Gets the results of a build that another value makes out of date.</summary>
    public SettingEffect Effect { get; init; } = SettingEffect.Image;

    /// <summary>
    /// Reads the text of a project, and returns the given settings with the value. A text that cannot be understood is reported and changes
    /// no setting.
    /// </summary>
    public required SettingReader Read { get; init; }

    /// <summary>Writes the value of the given settings as a text that <see cref="FromText"/> reads.</summary>
    public required Func<GuestSettings, string> ToText { get; init; }

    /// <summary>Reads a text that <see cref="ToText"/> has written, and returns the given settings with the value that was read.</summary>
    public required Func<GuestSettings, string, GuestSettings> FromText { get; init; }

    /// <summary>Gets whether values are paths of files. The result of a build then depends on the content of the files.</summary>
    public bool NamesFiles { get; init; }

    /// <summary>Gets the files that the setting names.</summary>
    public Func<GuestSettings, IEnumerable<SettingFile>> Files { get; init; } = _ => [];

    /// <summary>Gets the digest of what a result takes from the file at a path; <c>null</c> if the file cannot be read.</summary>
    public Func<string, string?> DigestOf { get; init; } = FileDigest.OfFile;

    /// <summary>Gets the names of the metadata.</summary>
    public SettingNames Metadata => new(Name, FormerName);

    /// <summary>Gets the names of the property; <c>null</c> if no property gives a default.</summary>
    public SettingNames? Property =>
        HasProperty ? new(PropertyPrefix + Name, FormerName is null ? null : PropertyPrefix + FormerName) : null;

    /// <summary>Gets the text of the default, empty for none.</summary>
    public string Default => DefaultOfEachGuest ?? ToText(new());

    /// <summary>Describes a setting.</summary>
    /// <param name="name">The name of the metadata.</param>
    /// <param name="text">The meaning of the setting.</param>
    /// <param name="kind">The kind of its values.</param>
    /// <param name="get">Gets the value from settings.</param>
    /// <param name="set">Creates settings that have another value.</param>
    private static GuestSetting Of<T>(
        string name, string text, SettingKind<T> kind, Func<GuestSettings, T> get, Func<GuestSettings, T, GuestSettings> set)
    {
        return new()
        {
            Name = name,
            HasProperty = true,
            Text = text,
            SchemaType = kind.SchemaType,
            Values = () => kind.SchemaType == "enum" ? [.. kind.Values.Select(kind.ToText)] : [],
            HelpPage = kind.Rule.HelpPage,
            Read = Read,
            ToText = settings => kind.ToText(get(settings)),
            FromText = (settings, value) =>
                kind.TryParse(value, out T parsed) ? set(settings, parsed) : throw new FormatException($"{name}: {value}"),
        };

        GuestSettings Read(GuestSettings settings, string value, Func<string, FileInfo> find, Action<Finding> wrong)
        {
            if (kind.TryParse(value, out T parsed))
            {
                return set(settings, parsed);
            }

            wrong(kind.Rule.Found($"\"{value}\" {kind.Complaint}: correct the value."));
            return settings;
        }
    }

    /// <summary>Describes a setting of the guest's memory.</summary>
    private static GuestSetting OfMemory<T>(
        string name, string text, SettingKind<T> kind, Func<GuestSizes, T> get, Func<GuestSizes, T, GuestSizes> set) =>
        Of(name, text, kind, settings => get(settings.Sizes), (settings, value) => settings with { Sizes = set(settings.Sizes, value) });

    /// <summary>Describes a setting that names one file. The tasks that read the file check that it exists.</summary>
    private static GuestSetting OfFile(
        string name, string text, DiagnosticRule rule, Func<GuestSettings, string> get,
        Func<GuestSettings, string, GuestSettings> set) => new()
        {
            Name = name,
            Text = text,
            SchemaType = "path",
            HelpPage = rule.HelpPage,
            Read = (settings, value, find, _) => set(settings, find(value).FullName),
            ToText = get,
            FromText = set,
            NamesFiles = true,
            Files = settings => get(settings) is { Length: > 0 } path ? [new(path)] : [],
        };
}
