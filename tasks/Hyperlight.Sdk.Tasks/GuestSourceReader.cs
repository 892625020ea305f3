using Hyperlight.Compiling;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Reads the <c>HyperlightGuestSource</c> and <c>HyperlightGuestCrate</c> items of a project. Everything that is wrong with them (HL4003,
/// HL4015, HL4033, HL4034) is reported in one run.
/// </summary>
/// <param name="folder">The absolute path of the project's folder.</param>
/// <param name="outputFolder">The absolute path of the folder for the ELF files.</param>
/// <param name="muslFolder">The folder with the C library musl; empty for the package of Debian.</param>
/// <param name="report">Reports a finding about a metadata of an item. An empty name is the item itself.</param>
internal sealed class GuestSourceReader(string folder, string outputFolder, string muslFolder, Action<Finding, ITaskItem, string> report)
{
    // The metadata in which Hyperlight.Sdk.GuestSources.targets writes the name of the guest's ELF file.
    private const string ElfKey = "_HyperlightElf";

    /// <summary>Gets the architecture of guests whose sources name none.</summary>
    public required string DefaultArchitecture { get; init; }

    /// <summary>Reads all guests, each with its first item.</summary>
    public IReadOnlyList<(GuestPlan Plan, ITaskItem First)> Read(IEnumerable<ITaskItem> items) =>
    [
        .. items.GroupBy(item => item.GetMetadata(ElfKey), FilePath.Comparer)
            .Select(sources => (ReadGuest(sources.Key, [.. sources]), sources.First())),
    ];

    /// <summary>Reads all guests in Rust, each with its item.</summary>
    /// <param name="items">The items of crates.</param>
    /// <param name="sources">The items of sources, whose guests are others.</param>
    public IReadOnlyList<(CratePlan Plan, ITaskItem First)> ReadCrates(IEnumerable<ITaskItem> items, IEnumerable<ITaskItem> sources)
    {
        HashSet<string> taken = new(sources.Select(item => item.GetMetadata(ElfKey)), FilePath.Comparer);
        return [.. items.Select(item => (ReadCrate(item, taken), item))];
    }

    /// <summary>Gets the absolute path of the ELF file for computers without a compiler; <c>null</c> if there is none.</summary>
    public string? PrebuiltOf(ITaskItem item) =>
        Text(item, SourceMetadata.Prebuilt) is { Length: > 0 } text ? FilePath.Absolute(text, folder) : null;

    private GuestPlan ReadGuest(string elf, ITaskItem[] items)
    {
        ITaskItem first = items[0];
        foreach (SourceMetadata metadata in SourceMetadata.OfSource.Where(metadata => metadata.IsOfGuest))
        {
            CheckSame(metadata.Name, items);
        }

        string script = Text(first, SourceMetadata.LinkerScript);
        GuestTarget target = ReadTarget(first);
        return new()
        {
            Target = target,
            Sources = [.. items.DistinctBy(item => item.ItemSpec, FilePath.Comparer).Select(ReadSource)],
            Output = Path.Combine(outputFolder, elf),
            Libc = ReadLibc(first, target, script),
            UsesFloat = ReadSwitch(first, SourceMetadata.Float),
            LinkerScript = script.Length == 0 ? null : Existing(script, first, SourceMetadata.LinkerScript),
        };
    }

    private CratePlan ReadCrate(ITaskItem item, HashSet<string> taken)
    {
        string guest = Text(item, SourceMetadata.Guest);
        if (!taken.Add(item.GetMetadata(ElfKey)))
        {
            report(
                Rules.BadGuestSource.Found(
                    $"'{item.ItemSpec}' is a crate, which is a whole guest, and another item has the guest '{guest}' already: "
                    + $"give the crate another {SourceMetadata.Guest}."),
                item,
                SourceMetadata.Guest);
        }

        if (Text(item, SourceMetadata.Architecture) is var architecture
            && !architecture.Equals(SourceMetadata.Amd64, StringComparison.OrdinalIgnoreCase))
        {
            report(
                Rules.BadArchitecture.Found(
                    $"{SourceMetadata.Architecture} of '{item.ItemSpec}' is \"{architecture}\"; "
                    + $"cargo hyperlight builds guests for {SourceMetadata.Amd64} alone: "
                    + $"write {SourceMetadata.Amd64}, or nothing."),
                item,
                SourceMetadata.Architecture);
        }

        return new()
        {
            Manifest = Existing(item.ItemSpec, item, ""),
            Output = Path.Combine(outputFolder, item.GetMetadata(ElfKey)),
            Profile = Text(item, SourceMetadata.Profile),
            Features = Text(item, SourceMetadata.Features).Split([';', ',', ' '], StringSplitOptions.RemoveEmptyEntries),
            Options = CommandWords.Split(Text(item, SourceMetadata.Options)),
        };
    }

    // The settings of a guest are those of its first source. Other sources have the same value or none.
    private void CheckSame(string name, ITaskItem[] items)
    {
        string value = Text(items[0], name);
        foreach (ITaskItem other in items.Skip(1).Where(item => Text(item, name).Length > 0 && Text(item, name) != value))
        {
            report(
                Rules.BadGuestSource.Found(
                    $"{name} of '{other.ItemSpec}' is '{Text(other, name)}', and of '{items[0].ItemSpec}', "
                    + $"the first source of the guest '{Text(items[0], SourceMetadata.Guest)}', '{value}': "
                    + $"give the value to the first source alone, or each source the same value."),
                other,
                name);
        }
    }

    private GuestTarget ReadTarget(ITaskItem item)
    {
        string given = Text(item, SourceMetadata.Architecture);
        string text = given.Length > 0 ? given : DefaultArchitecture;
        if (GuestTarget.Find(text) is { } target)
        {
            return target;
        }

        report(
            Rules.BadArchitecture.Found(
                $"{SourceMetadata.Architecture} of '{item.ItemSpec}' is \"{text}\"; "
                + $"there are {string.Join(", ", GuestTarget.All)}."),
            item,
            SourceMetadata.Architecture);
        return GuestTarget.All[0];
    }

    private MuslLibrary? ReadLibc(ITaskItem item, GuestTarget target, string script)
    {
        string text = Text(item, SourceMetadata.Libc);
        if (text.Length == 0)
        {
            return null;
        }

        if (!text.Equals(SourceMetadata.Musl, StringComparison.OrdinalIgnoreCase) || !target.HasLibc || script.Length > 0)
        {
            report(
                Rules.BadGuestSource.Found(
                    $"{SourceMetadata.Libc} of '{item.ItemSpec}' is \"{text}\"; there is {SourceMetadata.Musl}, "
                    + $"for the architecture amd64 and without a {SourceMetadata.LinkerScript}."),
                item,
                SourceMetadata.Libc);
            return null;
        }

        MuslLibrary? library = MuslLibrary.Find(muslFolder, out Finding? finding);
        if (finding is not null)
        {
            report(finding, item, SourceMetadata.Libc);
        }

        return library;
    }

    private bool ReadSwitch(ITaskItem item, string name)
    {
        string text = Text(item, name);
        if (text.Length > 0 && !SettingKinds.Switch.TryParse(text, out _))
        {
            report(
                Rules.BadSwitch.Found($"{name} of '{item.ItemSpec}': \"{text}\" is neither true nor false: correct the value."),
                item,
                name);
        }

        return SettingKinds.Switch.TryParse(text, out bool isOn) && isOn;
    }

    private GuestSource ReadSource(ITaskItem item) => new(
        Existing(item.ItemSpec, item, ""),
        [
            .. List(item, SourceMetadata.IncludeFolders).SelectMany(path => (string[])["-I", FilePath.Absolute(path, folder)]),
            .. List(item, SourceMetadata.Defines).Select(define => "-D" + define),
            .. CommandWords.Split(Text(item, SourceMetadata.Options)),
        ]);

    private string Existing(string text, ITaskItem item, string metadata)
    {
        string path = FilePath.Absolute(text, folder);
        if (!File.Exists(path))
        {
            string what = metadata.Length == 0 ? WrittenItem.Of(item).Kind : metadata;
            string found = Directory.Exists(path) ? "is a folder: name the files in the folder." : "does not exist: correct the path.";
            report(Rules.GuestSourceMissing.Found($"{what} '{text}' {found}"), item, metadata);
        }

        return path;
    }

    private static string[] List(ITaskItem item, string name) =>
        Text(item, name).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string Text(ITaskItem item, string name) => item.GetMetadata(name).Trim();
}
