using Hyperlight.Baking;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;
using Hyperlight.Symbols;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// A guest whose settings have been read. <see cref="ResolveGuests"/> creates the guest from an item of the project, and the targets pass
/// the guest to the other tasks as another item. So only one task reads the text of the project and reports mistakes in the text.
/// </summary>
internal sealed record GuestItem
{
    private const string PathKey = "GuestBinary";

    // The metadata that is true if a snapshot has to be taken or removed.
    private const string HasSnapshotKey = "HasSnapshot";

    /// <summary>Gets the path that the project gives: of the guest, of its project, or of its first source.</summary>
    public required string Include { get; init; }

    /// <summary>Gets whether the build makes the guest's file.</summary>
    public bool IsBuilt { get; init; }

    /// <summary>Gets the absolute path of the guest.</summary>
    public required string Path { get; init; }

    /// <summary>Gets the settings.</summary>
    public required GuestSettings Settings { get; init; }

    /// <summary>Gets the name of the guest.</summary>
    public string Name => Settings.Name;

    /// <summary>Gets the absolute path of the folder that the image is baked to, without a separator at the end.</summary>
    public required string ImageDirectory { get; init; }

    /// <summary>Gets the absolute path of the folder with the copies of the guest's mapped files.</summary>
    public required string MappedFileDirectory { get; init; }

    /// <summary>Gets the absolute path of the record of the image, see <see cref="BakeRecord"/>.</summary>
    public required string RecordFile { get; init; }

    /// <summary>Gets the absolute path of the source map, which lies beside the record of the image.</summary>
    public string SourceMapFile => System.IO.Path.ChangeExtension(RecordFile, SourceMap.Extension);

    /// <summary>Gets the absolute path of the record of the snapshot, see <see cref="BakeRecord"/>.</summary>
    public required string SnapshotRecordFile { get; init; }

    /// <summary>Gets the absolute paths of the guest and of all files that its settings with one effect name.</summary>
    public IEnumerable<string> Files(SettingEffect effect) => Settings.Files(effect).Select(file => file.Path).Prepend(Path);

    /// <summary>Gets the absolute path of the copy of a mapped file. The copy is called after the label.</summary>
    public string CopyOf(MappedFile file) => System.IO.Path.Combine(MappedFileDirectory, file.Label);

    /// <summary>Creates the item that the targets pass to other tasks.</summary>
    public ITaskItem ToTaskItem()
    {
        ITaskItem2 item = TaskItems.Create(Path);
        foreach (GuestSetting setting in GuestSetting.All)
        {
            item.SetMetadataValueLiteral(setting.Name, setting.ToText(Settings));
        }

        item.SetMetadataValueLiteral(nameof(Include), Include);
        item.SetMetadataValueLiteral(nameof(IsBuilt), IsBuilt ? "true" : "false");
        item.SetMetadataValueLiteral(PathKey, Path);
        bool hasSnapshot = Settings.Snapshot != SnapshotChoice.False || File.Exists(SnapshotRecordFile);
        item.SetMetadataValueLiteral(HasSnapshotKey, hasSnapshot ? "true" : "false");
        item.SetMetadataValueLiteral(nameof(ImageDirectory), ImageDirectory);
        item.SetMetadataValueLiteral(nameof(MappedFileDirectory), MappedFileDirectory);
        item.SetMetadataValueLiteral(nameof(RecordFile), RecordFile);
        item.SetMetadataValueLiteral(nameof(SnapshotRecordFile), SnapshotRecordFile);
        return item;
    }

    /// <summary>Reads an item that <see cref="ToTaskItem"/> has created.</summary>
    public static GuestItem FromTaskItem(ITaskItem item) => new()
    {
        Include = item.GetMetadata(nameof(Include)),
        IsBuilt = item.GetMetadata(nameof(IsBuilt)) == "true",
        Path = item.GetMetadata(PathKey),
        Settings = GuestSettings.FromText(item.GetMetadata),
        ImageDirectory = item.GetMetadata(nameof(ImageDirectory)),
        MappedFileDirectory = item.GetMetadata(nameof(MappedFileDirectory)),
        RecordFile = item.GetMetadata(nameof(RecordFile)),
        SnapshotRecordFile = item.GetMetadata(nameof(SnapshotRecordFile)),
    };

    /// <summary>Reads the files of the guest. A file that cannot be read is reported; the result is then <c>null</c>.</summary>
    public BakeRequest? ReadRequest(FindingLog findings, string projectFile)
    {
        ReadOnlyMemory<byte>? guest = ReadFile(Path, Rules.GuestFileMissing, "guest", findings, projectFile);
        ReadOnlyMemory<byte>? symbols = ReadSettingFile(Settings.Symbols, Rules.GuestFileMissing, "symbols", findings, projectFile);
        ReadOnlyMemory<byte>? initData = ReadSettingFile(Settings.InitData, Rules.InitDataMissing, "init data", findings, projectFile);
        return guest is null || symbols is null || initData is null ? null : new()
        {
            GuestName = Name,
            Guest = guest.Value,
            Symbols = symbols.Value,
            SourceFolder = System.IO.Path.GetDirectoryName(projectFile)!,
            InitData = initData.Value,
            Sizes = Settings.Sizes,
            FileLabels = [.. Settings.FileMappings.Select(file => file.Label)],
            AssertedArchitecture = Settings.Architecture,
            Permissions = Settings.SegmentPermissions,
        };
    }

    private ReadOnlyMemory<byte>? ReadSettingFile(
        string path, DiagnosticRule rule, string what, FindingLog findings, string projectFile) =>
        path.Length == 0 ? ReadOnlyMemory<byte>.Empty : ReadFile(path, rule, what, findings, projectFile);

    private ReadOnlyMemory<byte>? ReadFile(string path, DiagnosticRule rule, string what, FindingLog findings, string projectFile)
    {
        try
        {
            return InputFile.ReadAllBytes(path);
        }
        catch (Exception e) when (InputFile.IsFailure(e))
        {
            findings.Report(
                rule.Found(
                    $"The {what} of '{Name}' cannot be read: {e.Message.TrimEnd('.')}. Make the file readable, or name another file."),
                ProjectLines.FindItem(projectFile, Include));
            return null;
        }
    }
}
