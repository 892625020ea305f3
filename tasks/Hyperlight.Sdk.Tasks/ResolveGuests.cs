using System.Diagnostics.CodeAnalysis;
using Hyperlight.Images;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Understands the <c>HyperlightGuest</c> items of a project. Everything that is wrong with them (HL4001 to HL4007, HL4011 to HL4013, HL4015 to HL4017) is
/// reported in one run, before anything is baked.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class ResolveGuests : GuestTask
{
    private GuestSettings _defaults = new();

    /// <summary>The <c>HyperlightGuest</c> items.</summary>
    [Required]
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>The folder that images are baked to, absolute.</summary>
    [Required]
    public string ImageRoot { get; set; } = "";

    /// <summary>The simple name of the assembly that the project builds.</summary>
    [Required]
    public string AssemblyName { get; set; } = "";

    /// <summary>The property <c>HyperlightHeapSize</c>.</summary>
    public string HeapSize { get; set; } = "";

    /// <summary>The property <c>HyperlightScratchSize</c>.</summary>
    public string ScratchSize { get; set; } = "";

    /// <summary>The property <c>HyperlightInputBufferSize</c>.</summary>
    public string InputBufferSize { get; set; } = "";

    /// <summary>The property <c>HyperlightOutputBufferSize</c>.</summary>
    public string OutputBufferSize { get; set; } = "";

    /// <summary>The property <c>HyperlightInitDataPermissions</c>.</summary>
    public string InitDataPermissions { get; set; } = "";

    /// <summary>The property <c>HyperlightExecutableHeap</c>.</summary>
    public string ExecutableHeap { get; set; } = "";

    /// <summary>The property <c>HyperlightHardwareInterrupts</c>.</summary>
    public string HardwareInterrupts { get; set; } = "";

    /// <summary>The property <c>HyperlightLayout</c>.</summary>
    public string Layout { get; set; } = "";

    /// <summary>The property <c>HyperlightPermissions</c>.</summary>
    public string Permissions { get; set; } = "";

    /// <summary>The property <c>HyperlightSnapshot</c>.</summary>
    public string Snapshot { get; set; } = "";

    /// <summary>The property <c>HyperlightSnapshotTimeout</c>.</summary>
    public string SnapshotTimeout { get; set; } = "";

    /// <summary>An editor asks: report nothing, look at no guest, leave out what cannot be named.</summary>
    public bool DesignTime { get; set; }

    /// <summary>The guests, understood.</summary>
    [Output]
    public ITaskItem[] ResolvedGuests { get; private set; } = [];

    /// <summary>The files that their sandboxes are shown, with the metadata <c>Link</c>: where the copies go, beside the program.</summary>
    [Output]
    public ITaskItem[] MappedFiles { get; private set; } = [];

    private protected override void Run()
    {
        _defaults = GuestSettings.Read(
            PropertyText,
            new(),
            (name, finding) => Report(finding with { Message = $"Hyperlight{name}: {finding.Message}" }, "Hyperlight" + name));

        List<GuestItem> resolved = [];
        foreach (ITaskItem item in Guests)
        {
            if (Resolve(item, resolved) is { } guest)
            {
                resolved.Add(guest);
            }
        }

        ResolvedGuests = [.. resolved.Select(guest => guest.ToTaskItem())];
        MappedFiles = [.. resolved.SelectMany(guest => guest.FileMappings.Select(file => CopyOf(file, guest)))];
    }

    private ITaskItem2 CopyOf(MappedFile file, GuestItem guest)
    {
        ITaskItem2 item = TaskItems.Create(guest.CopyOf(file));
        item.SetMetadataValueLiteral("Link", $"{ImagePlace.OfFiles(AssemblyName, guest.Name)}/{file.Label}");
        return item;
    }

    private string PropertyText(string name) => name switch
    {
        nameof(HeapSize) => HeapSize,
        nameof(ScratchSize) => ScratchSize,
        nameof(InputBufferSize) => InputBufferSize,
        nameof(OutputBufferSize) => OutputBufferSize,
        nameof(InitDataPermissions) => InitDataPermissions,
        nameof(ExecutableHeap) => ExecutableHeap,
        nameof(HardwareInterrupts) => HardwareInterrupts,
        nameof(Layout) => Layout,
        nameof(Permissions) => Permissions,
        nameof(Snapshot) => Snapshot,
        nameof(SnapshotTimeout) => SnapshotTimeout,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    private GuestItem? Resolve(ITaskItem item, List<GuestItem> others)
    {
        string name = Text(item, "Name") is { Length: > 0 } given ? given : Path.GetFileNameWithoutExtension(item.ItemSpec);
        GuestSettings settings = GuestSettings.Read(
            item.GetMetadata,
            _defaults,
            (setting, finding) => Report(finding with { Message = $"{setting} of guest '{name}': {finding.Message}" }, item));

        bool nameIsUsable = CheckName(name, item, others);
        FileInfo? guest = FindFile(item.ItemSpec);
        FileInfo? initData = Text(item, "InitData") is { Length: > 0 } path ? FindFile(path) : null;
        if (IsMissing(guest))
        {
            Report(Rules.GuestFileMissing.Found(MissingText($"The guest '{item.ItemSpec}'", guest, "build the guest first, or correct the path")), item);
        }

        if (IsMissing(initData))
        {
            Report(Rules.InitDataMissing.Found(MissingText($"InitData '{Text(item, "InitData")}' of guest '{name}'", initData, "correct the path")), item);
        }

        IReadOnlyList<MappedFile> mappings = FileMappings.Read(
            Text(item, "FileMappings"),
            FindFile,
            finding => Report(finding with { Message = $"FileMappings of guest '{name}': {finding.Message}" }, item));

        FileInfo? hostFunctions = settings.Snapshot != SnapshotChoice.False && Text(item, "HostFunctions") is { Length: > 0 } file ? FindFile(file) : null;
        if (hostFunctions is { Exists: false })
        {
            Report(Rules.BadHostFunctions.Found(MissingText($"HostFunctions '{Text(item, "HostFunctions")}' of guest '{name}'", hostFunctions, "correct the path")), item);
        }

        if (!nameIsUsable)
        {
            return null;
        }

        return new()
        {
            Name = name,
            Include = item.ItemSpec,
            Path = guest.FullName,
            InitData = initData?.FullName ?? "",
            FileMappings = mappings,
            HostFunctions = hostFunctions?.FullName ?? "",
            HostFunctionsAssembly = Text(item, "HostFunctionsAssembly") is { Length: > 0 } assembly ? FindFile(assembly).FullName : "",
            Settings = settings,
            ImageDirectory = Path.Combine(ImageRoot, name),
            MappedFileDirectory = Path.Combine(ImageRoot, ".files", name),
            RecordFile = StatePath(name, ".baked"),
            SnapshotRecordFile = StatePath(name, ".snapshot"),
        };
    }

    private static string Text(ITaskItem item, string metadata) => item.GetMetadata(metadata).Trim();

    private bool CheckName(string name, ITaskItem item, List<GuestItem> others)
    {
        if (!GuestName.IsValid(name) || GuestName.ToIdentifier(name) is not { } identifier)
        {
            Report(
                Rules.BadGuestName.Found(
                    $"'{name}' cannot be the name of a guest; a name is up to {GuestName.MaxLength} of the characters A-Z a-z 0-9 _ - . with a letter "
                    + $"or digit among them, starts with none of - and ., and is not '{GuestName.ClassName}': give the item another Name."),
                item);
            return false;
        }

        GuestItem? twin = others.Find(other => GuestName.ToIdentifier(other.Name)!.Equals(identifier, StringComparison.OrdinalIgnoreCase));
        if (twin is null)
        {
            return true;
        }

        Report(
            Rules.DuplicateGuestName.Found(
                $"The guests '{twin.Include}' and '{item.ItemSpec}' are both called {identifier}; names differ in more than case and "
                + "punctuation, because folders and C# properties are called after them: give one of them another Name."),
            item);
        return false;
    }

    private FileInfo FindFile(string path) =>
        new(Path.GetFullPath(path.Replace('\\', '/'), Path.GetDirectoryName(ProjectFile)!));

    private string StatePath(string name, string extension) => Path.Combine(ImageRoot, ".state", name + extension);

    /// <summary>Whether nothing is there: no file, a folder, or a link that leads to nothing.</summary>
    private static bool IsMissing([NotNullWhen(true)] FileInfo? file) => file is not null && (!file.Exists || InputFile.MissingTarget(file) is not null);

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

        string[] others = [.. folder.EnumerateFiles("*" + file.Extension).Select(other => other.Name).Order(StringComparer.Ordinal).Take(5)];
        return others.Length == 0
            ? $"{what} does not exist: {remedy}."
            : $"{what} does not exist; its folder has {string.Join(", ", others)}: {remedy}.";
    }

    private void Report(Finding finding, ITaskItem item)
    {
        if (!DesignTime)
        {
            string file = item.GetMetadata("DefiningProjectFullPath");
            FindingOrigin origin = ProjectLines.FindItem(file.Length > 0 ? file : ProjectFile, item.ItemSpec);
            // An item from a wildcard of our own is the project's business all the same.
            Findings.Report(finding, origin.Line > 0 ? origin : new(ProjectFile));
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
