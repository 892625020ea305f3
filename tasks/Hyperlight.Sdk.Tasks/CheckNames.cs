using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Warns of names in a project that look like names of Hyperlight.Sdk and that nothing reads (HL4025). MSBuild takes any name, so a
/// mistyped name is ignored. Warns of updates of guests that the project does not have (HL4026), and of names that have been replaced
/// (HL4027, HL4028). Checks the switches that targets read (HL4015).
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class CheckNames : GuestTask
{
    private const string Removal = $"Hyperlight.Sdk {SettingNames.LastVersion} and later will not read the former name.";
    private const string Remedy = "correct the name, or add HL4025 to NoWarn if something else reads the name.";

    /// <summary>Gets or sets the <c>HyperlightGuest</c> items, and the items from which targets make such items.</summary>
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>Gets or sets the properties of the project: their names, with the metadata <c>Value</c>.</summary>
    public ITaskItem[] Properties { get; set; } = [];

    /// <summary>Gets or sets the files that the project's author wrote, without the files that these import.</summary>
    public ITaskItem[] ProjectFiles { get; set; } = [];

    /// <summary>Gets or sets the folder of the SDK.</summary>
    [Required]
    public string SdkRoot { get; set; } = "";

    private protected override void Run()
    {
        ProjectWords words = new(Path.GetDirectoryName(ProjectFile)!, SdkRoot);
        foreach (ITaskItem file in ProjectFiles)
        {
            words.Add(file.ItemSpec);
        }

        PropertyValues values = new(Properties);
        foreach (string name in ProjectProperty.All.Where(property => property.IsSwitch).Select(property => property.Name))
        {
            CheckSwitch(name, values.Find(name), words);
        }

        CheckFormerNames(values, words);
        CheckProperties(words);
        CheckItems(words);
        CheckMetadata(words);
        CheckUpdates(words);
    }

    private void CheckSwitch(string name, string value, ProjectWords words)
    {
        // The targets remove the spaces around a value of a project file. They cannot change a value of the command line.
        if (value.Length > 0 && !(bool.TryParse(value, out _) && value.Trim() == value))
        {
            Findings.Report(
                Rules.BadSwitch.Found($"{name}: \"{value}\" is neither true nor false: correct the value."), PlaceOf(name, words));
        }
    }

    private void CheckFormerNames(PropertyValues values, ProjectWords words)
    {
        foreach (SettingNames names in GuestSetting.All.Select(setting => setting.Property).OfType<SettingNames>())
        {
            CheckFormerName(names, $"The property {names.Former}", values.Find, name => PlaceOf(name, words));
        }

        HashSet<ProjectWord> reported = [];
        foreach (ITaskItem guest in Guests)
        {
            foreach (SettingNames names in GuestSetting.All.Select(setting => setting.Metadata))
            {
                string what = $"The metadata {names.Former} of {WrittenItem.Of(guest)}";
                CheckFormerName(names, what, guest.GetMetadata, name => PlaceOf(guest, name), reported);
            }
        }

        foreach (ImageMetadata metadata in ImageMetadata.All)
        {
            foreach (ProjectWord reader in metadata.FormerName is { } former ? words.ReadersOf(KnownNames.Image, former) : [])
            {
                Findings.Report(
                    Rules.FormerName.Found(
                        $"The metadata {metadata.FormerName} of {KnownNames.Image} has been replaced: read {metadata.Name}, "
                        + $"whose values start with sha256:. {Removal}"),
                    reader.Place);
            }
        }
    }

    private void CheckFormerName(
        SettingNames names,
        string what,
        Func<string, string> textOf,
        Func<string, FindingOrigin> placeOf,
        HashSet<ProjectWord>? reported = null)
    {
        if (names.Former is null || textOf(names.Former).Trim() is not { Length: > 0 } former)
        {
            return;
        }

        FindingOrigin place = placeOf(names.Former);
        if (reported?.Add(new(names.Former, place)) == false)
        {
            return;
        }

        string text = textOf(names.Name).Trim();
        Findings.Report(
            text.Length == 0 || text.Equals(former, StringComparison.OrdinalIgnoreCase)
                ? Rules.FormerName.Found($"{what} has been replaced: write {names.Name}. {Removal}")
                : Rules.TwoNames.Found(
                    $"{what} is \"{former}\", and {names.Name}, which has replaced the name, is \"{text}\": remove {names.Former}."),
            place);
    }

    private void CheckProperties(ProjectWords words)
    {
        string[] known = [.. KnownNames.Properties];
        string[] read = [.. known, .. KnownNames.FormerProperties];
        foreach (ProjectWord word in words.Properties.Where(word => IsUnknown(word.Name, read, words.ReadsProperty)))
        {
            Report($"The property {word.Name} is not known", NearestName.Find(word.Name, known, KnownNames.Mark), word.Place);
        }

        string[] ofCommandLine = BuildEngine is IBuildEngine6 engine ? [.. engine.GetGlobalProperties().Keys] : [];
        foreach (string name in ofCommandLine.Where(name => IsUnknown(name, read, words.ReadsProperty)).Order(StringComparer.Ordinal))
        {
            string? nearest = NearestName.Find(name, known, KnownNames.Mark);
            Report($"The property {name} of the command line is not known", nearest, new(ProjectFile));
        }

        // A name that these files read but do not set may be set elsewhere. So a name is reported only if it is nearly a name of
        // Hyperlight.Sdk.
        foreach (ProjectWord word in words.MarkedReads.Where(word => known.Any(other => NearestName.IsNear(word.Name, other))
            && !IsSet(word.Name)))
        {
            Report(
                $"The property {word.Name} is read, is not known, and nothing in the project sets the property",
                NearestName.Find(word.Name, known, KnownNames.Mark),
                word.Place);
        }

        bool IsSet(string name) =>
            read.Concat(ofCommandLine).Concat(words.Properties.Select(word => word.Name)).Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    private void CheckItems(ProjectWords words)
    {
        foreach (ProjectWord word in words.Items.Where(word => IsUnknown(word.Name, KnownNames.Items, words.ReadsItem)))
        {
            Report($"The item {word.Name} is not known", NearestName.Find(word.Name, [KnownNames.Guest]), word.Place);
        }
    }

    private void CheckMetadata(ProjectWords words)
    {
        HashSet<ProjectWord> reported = [];
        foreach (ITaskItem guest in Guests)
        {
            IReadOnlyList<string> known = KnownNames.MetadataOf(WrittenItem.Of(guest).Kind);
            foreach (string name in guest.MetadataNames.Cast<string>().Where(name => IsUnknownMetadata(name, known, words)))
            {
                FindingOrigin origin = PlaceOf(guest, name);
                if (reported.Add(new(name, origin)))
                {
                    Report(
                        $"The metadata {name} of {WrittenItem.Of(guest)} is not known",
                        NearestName.Find(name, known, KnownNames.Mark),
                        origin);
                }
            }
        }
    }

    private void CheckUpdates(ProjectWords words)
    {
        string directory = Path.GetDirectoryName(ProjectFile)!;
        ILookup<string, string> guests = Guests.Select(WrittenItem.Of).ToLookup(guest => guest.Kind, guest => guest.Include);
        foreach (GuestUpdate update in words.Updates.Where(
            update => !guests[update.Item].Select(FullPath).Contains(FullPath(update.Path), StringComparer.OrdinalIgnoreCase)))
        {
            string? nearest = NearestName.Find(update.Path, guests[update.Item]);
            string found = nearest is null ? "" : $"; the nearest guest is {nearest}";
            Findings.Report(
                Rules.UpdatesNothing.Found(
                    $"The update of {update.Item} '{update.Path}' changes nothing, because the project has no such guest{found}: "
                    + $"correct the path, or write Include."),
                update.Place);
        }

        string FullPath(string path) => FilePath.Absolute(path, directory);
    }

    private static bool IsUnknown(string name, IReadOnlyList<string> known, Func<string, bool> isRead) =>
        !known.Contains(name, StringComparer.OrdinalIgnoreCase)
        && (name.StartsWith(KnownNames.Mark, StringComparison.OrdinalIgnoreCase) || known.Any(other => NearestName.IsNear(name, other)))
        && !isRead(name);

    private static bool IsUnknownMetadata(string name, IReadOnlyList<string> known, ProjectWords words) =>
        !name.StartsWith('_')
        && !KnownNames.CommonMetadata.Contains(name)
        && !known.Contains(name, StringComparer.OrdinalIgnoreCase)
        && !KnownNames.FormerMetadata.Contains(name, StringComparer.OrdinalIgnoreCase)
        && !words.ReadsItem(name);

    private void Report(string what, string? nearest, FindingOrigin origin) =>
        Findings.Report(Rules.UnknownName.Found($"{what}{(nearest is null ? "" : $"; the nearest is {nearest}")}: {Remedy}"), origin);

    private FindingOrigin PlaceOf(ITaskItem guest, string metadata) =>
        WrittenItem.Of(guest).Find(ProjectFile, metadata);

    private FindingOrigin PlaceOf(string property, ProjectWords words)
    {
        ProjectWord? word = words.Properties.LastOrDefault(word => word.Name.Equals(property, StringComparison.OrdinalIgnoreCase));
        return word?.Place ?? new(ProjectFile);
    }
}
