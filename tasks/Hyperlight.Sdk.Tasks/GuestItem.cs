using Hyperlight.Baking;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;
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

    /// <summary>The guest as the project writes it.</summary>
    public required string Include { get; init; }

    /// <summary>The guest's absolute path.</summary>
    public required string Path { get; init; }

    /// <summary>The settings.</summary>
    public required GuestSettings Settings { get; init; }

    /// <summary>The name of the image folder and, in another form, of the C# property.</summary>
    public string Name => Settings.Name;

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
        foreach (GuestSetting setting in GuestSetting.All)
        {
            item.SetMetadataValueLiteral(setting.Name, setting.ToText(Settings));
        }

        item.SetMetadataValueLiteral(nameof(Include), Include);
        item.SetMetadataValueLiteral(PathKey, Path);
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
        Include = item.GetMetadata(nameof(Include)),
        Path = item.GetMetadata(PathKey),
        Settings = GuestSettings.FromText(item.GetMetadata),
        ImageDirectory = item.GetMetadata(nameof(ImageDirectory)),
        MappedFileDirectory = item.GetMetadata(nameof(MappedFileDirectory)),
        RecordFile = item.GetMetadata(nameof(RecordFile)),
        SnapshotRecordFile = item.GetMetadata(nameof(SnapshotRecordFile)),
    };

    /// <summary>Reads the guest's files; a file that cannot be read is reported, and the result is null.</summary>
    public BakeRequest? ReadRequest(FindingLog findings, string projectFile)
    {
        ReadOnlyMemory<byte>? guest = ReadFile(Path, Rules.GuestFileMissing, "guest", findings, projectFile);
        ReadOnlyMemory<byte>? initData = Settings.InitData.Length == 0
            ? ReadOnlyMemory<byte>.Empty
            : ReadFile(Settings.InitData, Rules.InitDataMissing, "init data", findings, projectFile);
        return guest is null || initData is null ? null : new()
        {
            GuestName = Name,
            Guest = guest.Value,
            InitData = initData.Value,
            Sizes = Settings.Sizes,
            FileLabels = [.. Settings.FileMappings.Select(file => file.Label)],
            AssertedArchitecture = Settings.Architecture,
            Permissions = Settings.SegmentPermissions,
        };
    }

    private ReadOnlyMemory<byte>? ReadFile(string path, DiagnosticRule rule, string what, FindingLog findings, string projectFile)
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
}
