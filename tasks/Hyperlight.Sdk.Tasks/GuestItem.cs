using System.Globalization;
using Hyperlight.Baking;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// A guest whose metadata has been understood. <see cref="ResolveGuests"/> makes it from what the project says; the targets carry it as
/// an item to the tasks that follow, so that metadata is parsed and complained about in one place.
/// </summary>
internal sealed record GuestItem
{
    private const string PathKey = "GuestBinary";

    // Whether there is anything to do about a snapshot: to take one, or to remove it.
    private const string HasSnapshotKey = "HasSnapshot";

    /// <summary>The name of the image folder and, in another form, of the C# property.</summary>
    public required string Name { get; init; }

    /// <summary>The guest as the project writes it.</summary>
    public required string Include { get; init; }

    /// <summary>The guest's absolute path.</summary>
    public required string Path { get; init; }

    /// <summary>The absolute path of the init data, empty for none.</summary>
    public required string InitData { get; init; }

    /// <summary>Files that every sandbox is shown at its start.</summary>
    public IReadOnlyList<MappedFile> FileMappings { get; init; } = [];

    /// <summary>The absolute path of the file that declares host functions for the snapshot, empty for none.</summary>
    public required string HostFunctions { get; init; }

    /// <summary>The absolute path of the assembly that adds them, empty for none. References of the project may still have to build it.</summary>
    public required string HostFunctionsAssembly { get; init; }

    /// <summary>Sizes, asserted architecture, permissions and snapshot.</summary>
    public required GuestSettings Settings { get; init; }

    /// <summary>The absolute path of the folder that the image is baked to, without a separator at the end.</summary>
    public required string ImageDirectory { get; init; }

    /// <summary>The absolute path of the folder that the copies of its mapped files lie in.</summary>
    public required string MappedFileDirectory { get; init; }

    /// <summary>The file that says what was baked, see <see cref="BakeRecord"/>.</summary>
    public required string RecordFile { get; init; }

    /// <summary>The file that says what became of the snapshot, see <see cref="SnapshotGuests"/>.</summary>
    public required string SnapshotRecordFile { get; init; }

    /// <summary>Where the copy of a mapped file is: a label is also a file's name.</summary>
    public string CopyOf(MappedFile file) => System.IO.Path.Combine(MappedFileDirectory, file.Label);

    /// <summary>The item that the targets carry.</summary>
    public ITaskItem ToTaskItem()
    {
        ITaskItem2 item = TaskItems.Create(Path);
        item.SetMetadataValueLiteral(nameof(Name), Name);
        item.SetMetadataValueLiteral(nameof(Include), Include);
        item.SetMetadataValueLiteral(PathKey, Path);
        item.SetMetadataValueLiteral(nameof(InitData), InitData);
        item.SetMetadataValueLiteral(nameof(FileMappings), Tasks.FileMappings.ToText(FileMappings));
        item.SetMetadataValueLiteral(nameof(GuestSizes.HeapSize), Text(Settings.Sizes.HeapSize));
        item.SetMetadataValueLiteral(nameof(GuestSizes.ScratchSize), Text(Settings.Sizes.ScratchSize));
        item.SetMetadataValueLiteral(nameof(GuestSizes.InputBufferSize), Text(Settings.Sizes.InputBufferSize));
        item.SetMetadataValueLiteral(nameof(GuestSizes.OutputBufferSize), Text(Settings.Sizes.OutputBufferSize));
        item.SetMetadataValueLiteral(nameof(GuestSizes.InitDataPermissions), Settings.Sizes.InitDataPermissions.ToString());
        item.SetMetadataValueLiteral(nameof(GuestSizes.ExecutableHeap), Settings.Sizes.ExecutableHeap.ToString());
        item.SetMetadataValueLiteral(nameof(GuestSizes.HardwareInterrupts), Settings.Sizes.HardwareInterrupts.ToString());
        item.SetMetadataValueLiteral("Layout", Settings.Architecture ?? "");
        item.SetMetadataValueLiteral(nameof(SegmentPermissions), Settings.Permissions.ToString());
        item.SetMetadataValueLiteral(nameof(HostFunctions), HostFunctions);
        item.SetMetadataValueLiteral(nameof(HostFunctionsAssembly), HostFunctionsAssembly);
        item.SetMetadataValueLiteral(nameof(GuestSettings.Snapshot), Settings.Snapshot.ToString());
        item.SetMetadataValueLiteral(nameof(GuestSettings.SnapshotTimeout), Settings.SnapshotTimeout.ToString("c", CultureInfo.InvariantCulture));
        item.SetMetadataValueLiteral(HasSnapshotKey, Settings.Snapshot != SnapshotChoice.False || File.Exists(SnapshotRecordFile) ? "true" : "false");
        item.SetMetadataValueLiteral(nameof(ImageDirectory), ImageDirectory);
        item.SetMetadataValueLiteral(nameof(MappedFileDirectory), MappedFileDirectory);
        item.SetMetadataValueLiteral(nameof(RecordFile), RecordFile);
        item.SetMetadataValueLiteral(nameof(SnapshotRecordFile), SnapshotRecordFile);
        return item;
    }

    /// <summary>Reads an item that <see cref="ToTaskItem"/> made.</summary>
    public static GuestItem FromTaskItem(ITaskItem item) => new()
    {
        Name = item.GetMetadata(nameof(Name)),
        Include = item.GetMetadata(nameof(Include)),
        Path = item.GetMetadata(PathKey),
        InitData = item.GetMetadata(nameof(InitData)),
        FileMappings = Tasks.FileMappings.FromText(item.GetMetadata(nameof(FileMappings))),
        HostFunctions = item.GetMetadata(nameof(HostFunctions)),
        HostFunctionsAssembly = item.GetMetadata(nameof(HostFunctionsAssembly)),
        Settings = new()
        {
            Sizes = new()
            {
                HeapSize = Size(item, nameof(GuestSizes.HeapSize)),
                ScratchSize = Size(item, nameof(GuestSizes.ScratchSize)),
                InputBufferSize = Size(item, nameof(GuestSizes.InputBufferSize)),
                OutputBufferSize = Size(item, nameof(GuestSizes.OutputBufferSize)),
                InitDataPermissions = Enum.Parse<MemoryPermissions>(item.GetMetadata(nameof(GuestSizes.InitDataPermissions))),
                ExecutableHeap = bool.Parse(item.GetMetadata(nameof(GuestSizes.ExecutableHeap))),
                HardwareInterrupts = bool.Parse(item.GetMetadata(nameof(GuestSizes.HardwareInterrupts))),
            },
            Architecture = item.GetMetadata("Layout") is { Length: > 0 } architecture ? architecture : null,
            Permissions = Enum.Parse<SegmentPermissions>(item.GetMetadata(nameof(SegmentPermissions))),
            Snapshot = Enum.Parse<SnapshotChoice>(item.GetMetadata(nameof(GuestSettings.Snapshot))),
            SnapshotTimeout = TimeSpan.ParseExact(item.GetMetadata(nameof(GuestSettings.SnapshotTimeout)), "c", CultureInfo.InvariantCulture),
        },
        ImageDirectory = item.GetMetadata(nameof(ImageDirectory)),
        MappedFileDirectory = item.GetMetadata(nameof(MappedFileDirectory)),
        RecordFile = item.GetMetadata(nameof(RecordFile)),
        SnapshotRecordFile = item.GetMetadata(nameof(SnapshotRecordFile)),
    };

    /// <summary>Reads the guest's files; a file that cannot be read is reported, and the result is null.</summary>
    public BakeRequest? ReadRequest(FindingLog findings, string projectFile)
    {
        ReadOnlyMemory<byte>? guest = ReadFile(Path, Rules.GuestFileMissing, "guest", findings, projectFile);
        ReadOnlyMemory<byte>? initData = InitData.Length == 0
            ? ReadOnlyMemory<byte>.Empty
            : ReadFile(InitData, Rules.InitDataMissing, "init data", findings, projectFile);
        return guest is null || initData is null ? null : new()
        {
            GuestName = Name,
            Guest = guest.Value,
            InitData = initData.Value,
            Sizes = Settings.Sizes,
            FileLabels = [.. FileMappings.Select(file => file.Label)],
            AssertedArchitecture = Settings.Architecture,
            Permissions = Settings.Permissions,
        };
    }

    private ReadOnlyMemory<byte>? ReadFile(string path, Rule rule, string what, FindingLog findings, string projectFile)
    {
        try
        {
            return InputFile.ReadAllBytes(path);
        }
        catch (Exception e) when (InputFile.IsFailure(e))
        {
            findings.Report(
                rule.Found($"The {what} of '{Name}' cannot be read: {e.Message.TrimEnd('.')}. Make the file readable, or name another one."),
                ProjectLines.FindItem(projectFile, Include));
            return null;
        }
    }

    private static ulong Size(ITaskItem item, string name) => ulong.Parse(item.GetMetadata(name), CultureInfo.InvariantCulture);

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
