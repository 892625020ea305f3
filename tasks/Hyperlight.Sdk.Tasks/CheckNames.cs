using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Warns of names in a project that look like ours and that nothing reads (HL4025): MSBuild takes any name, and a mistyped one changes nothing, without a word.
/// Warns of updates of guests that there are not (HL4026). Checks the switches that targets read (HL4015).
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class CheckNames : GuestTask
{
    private const string Remedy = "correct the name, or add HL4025 to NoWarn where somebody else reads it.";

    /// <summary>The <c>HyperlightGuest</c> items.</summary>
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>The properties that are true or false: their names, with the metadata <c>Value</c>.</summary>
    public ITaskItem[] Switches { get; set; } = [];

    /// <summary>The files that the project's author wrote, apart from what they import.</summary>
    public ITaskItem[] ProjectFiles { get; set; } = [];

    /// <summary>The folder of the SDK.</summary>
    [Required]
    public string SdkRoot { get; set; } = "";

    private protected override void Run()
    {
        ProjectWords words = new(Path.GetDirectoryName(ProjectFile)!, SdkRoot);
        foreach (ITaskItem file in ProjectFiles)
        {
            words.Add(file.ItemSpec);
        }

        foreach (ITaskItem item in Switches)
        {
            CheckSwitch(item.ItemSpec, item.GetMetadata("Value"), words);
        }

        CheckProperties(words);
        CheckItems(words);
        CheckMetadata(words);
        CheckUpdates(words);
    }

    private void CheckSwitch(string name, string value, ProjectWords words)
    {
        // The targets have trimmed what a project file says; the command line's value is as it is.
        if (value.Length > 0 && !(bool.TryParse(value, out _) && value.Trim() == value))
        {
            Findings.Report(Rules.BadSwitch.Found($"{name}: \"{value}\" is neither true nor false: correct the value."), PlaceOf(name, words));
        }
    }

    private void CheckProperties(ProjectWords words)
    {
        string[] known = [.. KnownNames.Properties, .. KnownNames.OtherProperties];
        foreach (ProjectWord word in words.Properties.Where(word => IsUnknown(word.Name, known, words.ReadsProperty)))
        {
            Report($"The property {word.Name} is none of Hyperlight.Sdk", NearestName.Find(word.Name, known, KnownNames.Mark), word.Place);
        }

        string[] ofCommandLine = BuildEngine is IBuildEngine6 engine ? [.. engine.GetGlobalProperties().Keys] : [];
        foreach (string name in ofCommandLine.Where(name => IsUnknown(name, known, words.ReadsProperty)).Order(StringComparer.Ordinal))
        {
            Report(
                $"The property {name} of the command line is none of Hyperlight.Sdk", NearestName.Find(name, known, KnownNames.Mark), new(ProjectFile));
        }

        // A name that is read and set nowhere here may be set elsewhere, so only a name that is nearly one of ours counts.
        foreach (ProjectWord word in words.MarkedReads.Where(word => known.Any(other => NearestName.IsNear(word.Name, other)) && !IsSet(word.Name)))
        {
            Report(
                $"The property {word.Name} is read, nothing in the project sets it, and it is none of Hyperlight.Sdk",
                NearestName.Find(word.Name, known, KnownNames.Mark),
                word.Place);
        }

        bool IsSet(string name) =>
            known.Concat(ofCommandLine).Concat(words.Properties.Select(word => word.Name)).Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    private void CheckItems(ProjectWords words)
    {
        foreach (ProjectWord word in words.Items.Where(word => IsUnknown(word.Name, KnownNames.Items, words.ReadsItem)))
        {
            Report($"The item {word.Name} is none of Hyperlight.Sdk", NearestName.Find(word.Name, [KnownNames.Guest]), word.Place);
        }
    }

    private void CheckMetadata(ProjectWords words)
    {
        HashSet<(string, FindingOrigin)> reported = [];
        foreach (ITaskItem guest in Guests)
        {
            foreach (string name in guest.MetadataNames.Cast<string>().Where(name => IsUnknownMetadata(name, words)))
            {
                string file = guest.GetMetadata("DefiningProjectFullPath");
                FindingOrigin origin = ProjectLines.FindMetadata([file, ProjectFile], guest.ItemSpec, name);
                if (reported.Add((name, origin)))
                {
                    Report(
                        $"The metadata {name} of {KnownNames.Guest} '{guest.ItemSpec}' is none of Hyperlight.Sdk",
                        NearestName.Find(name, KnownNames.Metadata, KnownNames.Mark),
                        origin);
                }
            }
        }
    }

    private void CheckUpdates(ProjectWords words)
    {
        string directory = Path.GetDirectoryName(ProjectFile)!;
        string[] guests = [.. Guests.Select(guest => FullPath(guest.ItemSpec))];
        foreach (ProjectWord update in words.Updates.Where(update => !guests.Contains(FullPath(update.Name), StringComparer.OrdinalIgnoreCase)))
        {
            string? nearest = NearestName.Find(update.Name, Guests.Select(guest => guest.ItemSpec));
            string found = nearest is null ? "" : $"; the nearest guest is {nearest}";
            Findings.Report(
                Rules.UpdatesNothing.Found(
                    $"The update of {KnownNames.Guest} '{update.Name}' changes nothing, because the project has no such guest{found}: correct the path, or write Include."),
                update.Place);
        }

        string FullPath(string path) => Path.GetFullPath(path.Replace('\\', '/'), directory);
    }

    private static bool IsUnknown(string name, IReadOnlyList<string> known, Func<string, bool> isRead) =>
        !known.Contains(name, StringComparer.OrdinalIgnoreCase)
        && (name.StartsWith(KnownNames.Mark, StringComparison.OrdinalIgnoreCase) || known.Any(other => NearestName.IsNear(name, other)))
        && !isRead(name);

    private static bool IsUnknownMetadata(string name, ProjectWords words) =>
        !name.StartsWith('_')
        && !KnownNames.CommonMetadata.Contains(name)
        && !KnownNames.Metadata.Contains(name, StringComparer.OrdinalIgnoreCase)
        && !words.ReadsItem(name);

    private void Report(string what, string? nearest, FindingOrigin origin) =>
        Findings.Report(Rules.UnknownName.Found($"{what}{(nearest is null ? "" : $"; the nearest is {nearest}")}: {Remedy}"), origin);

    private FindingOrigin PlaceOf(string property, ProjectWords words)
    {
        ProjectWord word = words.Properties.LastOrDefault(word => word.Name.Equals(property, StringComparison.OrdinalIgnoreCase));
        return word.Name is null ? new(ProjectFile) : word.Place;
    }
}
