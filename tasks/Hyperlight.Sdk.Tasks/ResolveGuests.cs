using Hyperlight.Images;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Reads the settings of the <c>HyperlightGuest</c> items of a project. Everything that is wrong with them (HL4001 to HL4007, HL4011 to
/// HL4013, HL4015 to HL4017) is reported in one run, before anything is baked.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class ResolveGuests : GuestTask
{
    // The greatest number of other files that an error about a missing file lists.
    private const int MaxOthers = 5;

    /// <summary>Gets or sets the <c>HyperlightGuest</c> items.</summary>
    [Required]
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>Gets or sets the absolute path of the folder that images are baked to.</summary>
    [Required]
    public string ImageRoot { get; set; } = "";

    /// <summary>Gets or sets the simple name of the assembly that the project builds.</summary>
    [Required]
    public string AssemblyName { get; set; } = "";

    /// <summary>Gets or sets the properties of the project: their names, with the metadata <c>Value</c>.</summary>
    public ITaskItem[] Properties { get; set; } = [];

    /// <summary>
    /// Gets or sets whether an editor runs the task. Then the task reports nothing, and leaves out guests whose names are not valid.
    /// </summary>
    public bool DesignTime { get; set; }

    /// <summary>Gets the guests with their settings, for the other tasks.</summary>
    [Output]
    public ITaskItem[] ResolvedGuests { get; private set; } = [];

    /// <summary>Gets the copies of mapped files. The metadata <c>Link</c> is the path of a copy below the output folder.</summary>
    [Output]
    public ITaskItem[] MappedFiles { get; private set; } = [];

    private protected override void Run()
    {
        GuestSettings defaults = GuestSettings.Read(
            setting => setting.Property,
            new PropertyValues(Properties).Find,
            new(),
            FindFile,
            (name, finding) => Report(finding with { Message = $"{name}: {finding.Message}" }, name));

        List<GuestItem> resolved = [];
        foreach (ITaskItem item in Guests)
        {
            if (Resolve(item, defaults, resolved) is { } guest)
            {
                resolved.Add(guest);
            }
        }

        ResolvedGuests = [.. resolved.Select(guest => guest.ToTaskItem())];
        MappedFiles = [.. resolved.SelectMany(guest => guest.Settings.FileMappings.Select(file => CopyOf(file, guest)))];
    }

    private ITaskItem2 CopyOf(MappedFile file, GuestItem guest)
    {
        ITaskItem2 item = TaskItems.Create(guest.CopyOf(file));
        item.SetMetadataValueLiteral("Link", $"{ImagePlace.OfFiles(AssemblyName, guest.Name)}/{file.Label}");
        return item;
    }

    private GuestItem? Resolve(ITaskItem item, GuestSettings defaults, List<GuestItem> others)
    {
        string given = item.GetMetadata(nameof(GuestSettings.Name)).Trim();
        string name = given.Length > 0 ? given : Path.GetFileNameWithoutExtension(item.ItemSpec);
        GuestSettings settings = GuestSettings.Read(
            setting => setting.Metadata,
            item.GetMetadata,
            defaults with { Name = name },
            FindFile,
            (setting, finding) => Report(finding with { Message = $"{setting} of guest '{name}': {finding.Message}" }, item));

        WrittenItem written = WrittenItem.Of(item);
        bool nameIsUsable = CheckName(name, item, others);
        FileInfo guest = FindFile(item.ItemSpec);
        CheckFile(guest, Rules.GuestFileMissing, $"The guest '{item.ItemSpec}'", "build the guest first, or correct the path", item);
        CheckSettingFile(settings.Symbols, Rules.GuestFileMissing, nameof(settings.Symbols), name, item);
        CheckSettingFile(settings.InitData, Rules.InitDataMissing, nameof(settings.InitData), name, item);
        settings = settings.Snapshot == SnapshotChoice.False ? settings with { HostFunctions = "" } : settings;
        CheckSettingFile(settings.HostFunctions, Rules.BadHostFunctions, nameof(settings.HostFunctions), name, item);
        return !nameIsUsable ? null : new()
        {
            Include = written.Include,
            IsBuilt = written.IsBuilt,
            Path = guest.FullName,
            Settings = settings,
            ImageDirectory = Path.Combine(ImageRoot, name),
            MappedFileDirectory = Path.Combine(ImageRoot, ".files", name),
            RecordFile = StatePath(name, ".baked"),
            SnapshotRecordFile = StatePath(name, ".snapshot"),
        };
    }

    private void CheckSettingFile(string path, DiagnosticRule rule, string setting, string guest, ITaskItem item)
    {
        if (path.Length > 0)
        {
            CheckFile(new(path), rule, $"{setting} of guest '{guest}': '{path}'", "correct the path", item);
        }
    }

    private void CheckFile(FileInfo file, DiagnosticRule rule, string what, string remedy, ITaskItem item)
    {
        if (IsMissing(file))
        {
            Report(rule.FoundText(MissingText(what, file, remedy)), item);
        }
    }

    private bool CheckName(string name, ITaskItem item, List<GuestItem> others)
    {
        if (!GuestName.IsValid(name) || GuestIdentifier.Of(name) is not { } identifier)
        {
            Report(
                Rules.BadGuestName.Found(
                    $"'{name}' cannot be the name of a guest; a name is up to {GuestName.MaxLength} of the characters A-Z a-z 0-9 _ - . "
                        + $"with a "
                    + $"letter or digit among them, does not start with - or . or end with ., and is neither "
                    + $"'{GuestIdentifier.ClassName}' nor a device of Windows like con or com1: give the item another Name."),
                item);
            return false;
        }

        GuestItem? twin = others.Find(other => GuestIdentifier.Of(other.Name)!.Equals(identifier, StringComparison.OrdinalIgnoreCase));
        if (twin is null)
        {
            return true;
        }

        Report(
            Rules.DuplicateGuestName.Found(
                $"The guests '{twin.Include}' and '{WrittenItem.Of(item).Include}' are both called {identifier}; names differ in more than "
                + $"case and punctuation, because folders and C# properties are called after them: give one of them another Name."),
            item);
        return false;
    }

    private FileInfo FindFile(string path) =>
        new(FilePath.Absolute(path, Path.GetDirectoryName(ProjectFile)!));

    private string StatePath(string name, string extension) => Path.Combine(ImageRoot, ".state", name + extension);

    /// <summary>Gets whether a path leads to no file, because it leads to nothing, to a folder, or to a broken link.</summary>
    private static bool IsMissing(FileInfo file) => !file.Exists || InputFile.MissingTarget(file) is not null;

    private static string MissingText(string what, FileInfo file, string remedy)
    {
        if (Directory.Exists(file.FullName))
        {
            return $"{what} is a folder; a file is expected: name the file.";
        }

        if (InputFile.MissingTarget(file) is { } target)
        {
            return $"{what} is a link to '{target}', which does not exist: {remedy}, or correct the link.";
        }

        if (file.Directory is not { Exists: true } folder)
        {
            return $"{what} does not exist, nor does the folder '{file.DirectoryName}': correct the path.";
        }

        string[] others =
            [.. folder.EnumerateFiles("*" + file.Extension).Select(other => other.Name).Order(StringComparer.Ordinal).Take(MaxOthers)];
        return others.Length == 0
            ? $"{what} does not exist: {remedy}."
            : $"{what} does not exist; its folder has {string.Join(", ", others)}: {remedy}.";
    }

    private void Report(Finding finding, ITaskItem item)
    {
        if (!DesignTime)
        {
            Findings.Report(finding, WrittenItem.Of(item).Find(ProjectFile));
        }
    }

    private void Report(Finding finding, string property)
    {
        if (!DesignTime)
        {
            Findings.Report(finding, ProjectLines.FindProperty(ProjectFile, property));
        }
    }
}
