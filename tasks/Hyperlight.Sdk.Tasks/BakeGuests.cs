using System.Globalization;
using Hyperlight.Baking;
using Hyperlight.Files;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Bakes the image of each guest whose files or settings changed. The content of files counts, and not their times. A guest that cannot be
/// baked is left without an image, so that no old image passes for a new one.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class BakeGuests : GuestTask
{
    private readonly List<ITaskItem> _baked = [];

    /// <summary>Gets or sets the guests, as <see cref="ResolveGuests"/> returns them.</summary>
    [Required]
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>Gets or sets the folder that the build copies images below; empty if the build copies no images.</summary>
    public string OutputFolder { get; set; } = "";

    /// <summary>
    /// Gets or sets whether this build also takes snapshots. Then <see cref="SnapshotGuests"/> prints the line of a guest that asks for a
    /// snapshot.
    /// </summary>
    public bool SnapshotFollows { get; set; }

    /// <summary>Gets the names of the guests that were baked.</summary>
    [Output]
    public ITaskItem[] BakedGuests => [.. _baked];

    private protected override void Run()
    {
        foreach (GuestItem guest in Guests.Select(GuestItem.FromTaskItem))
        {
            Cancellation.ThrowIfCancellationRequested();
            BakeWhenChanged(guest);
        }
    }

    private void BakeWhenChanged(GuestItem guest)
    {
        if (BakeRecord.Read(guest.RecordFile) is { } record && IsCurrent(record, guest))
        {
            BakeRecord.MarkAsChecked(guest.RecordFile, guest.Files(SettingEffect.Image));
            Report(record.Findings, guest);
        }
        else
        {
            BakeOrLeaveNothing(guest);
        }
    }

    private static bool IsCurrent(BakeRecord record, GuestItem guest) =>
        record.Key == BakeKey.OfFiles(guest.Settings, guest.Path)
        && IsIntact(record, guest)
        && (FileDigest.OfFile(guest.SourceMapFile) ?? "") == record.Find(ImageMetadata.SourceMapSha256)
        && guest.Settings.FileMappings.All(file => MappedFileCopies.IsIntact(guest, file));

    // The last build may have added a snapshot, which changes the documents of the image. The record of the snapshot has the digests of the
    // changed documents.
    private static bool IsIntact(BakeRecord record, GuestItem guest) =>
        record.IsIntact(guest.ImageDirectory)
        || (record.HasIntactBlobs(guest.ImageDirectory)
            && BakeRecord.Read(guest.SnapshotRecordFile)?.IsIntact(guest.ImageDirectory) == true);

    private void BakeOrLeaveNothing(GuestItem guest)
    {
        FileChange.Delete(guest.RecordFile);
        bool baked = false;
        try
        {
            baked = Bake(guest);
        }
        finally
        {
            if (!baked)
            {
                FileChange.DeleteFolder(guest.ImageDirectory);
                FileChange.Delete(guest.SourceMapFile);
            }
        }
    }

    private bool Bake(GuestItem guest)
    {
        if (guest.ReadRequest(Findings, ProjectFile) is not { } request)
        {
            return false;
        }

        List<Finding> findings = [];
        BakedImage? image = GuestBaker.Bake(request, findings);
        if (!Report(findings, guest) || image is null)
        {
            return false;
        }

        Cancellation.ThrowIfCancellationRequested();
        Dictionary<SettingFile, string> digests = MappedFileCopies.Update(guest);
        digests[new(guest.Settings.Symbols)] = FileDigest.Of(request.Symbols.Span);
        digests[new(guest.Settings.InitData)] = FileDigest.Of(request.InitData.Span);
        Directory.CreateDirectory(guest.ImageDirectory);
        WrittenImage written = ImageWriter.Write(guest.ImageDirectory, image);
        string sourceMap = WriteSourceMap(guest.SourceMapFile, image.SourceMap.Span);
        Cancellation.ThrowIfCancellationRequested();

        // The digests are those of the bytes that were baked. If a file has changed since, then the next build bakes the image again.
        string key = BakeKey.Of(guest.Settings, FileDigest.Of(request.Guest.Span), file => digests[file])!;
        string documents = BakeRecord.DigestOfDocuments(guest.ImageDirectory, written.Files);
        BakeRecord record = new(
            key, Describe(guest, image.Config, image.StoredSize, written.Digest, sourceMap), written.Files, findings, documents);
        record.Write(guest.RecordFile);
        Log.LogMessage(MessageImportance.Low, "Baked the image of {0}.", guest.Name);
        if (guest.Settings.Snapshot == SnapshotChoice.False || !SnapshotFollows)
        {
            string line = ImageLine.Of(guest, record, null, Path.GetDirectoryName(ProjectFile)!, OutputFolder);
            Log.LogMessage(MessageImportance.High, "{0}", line);
        }

        _baked.Add(new TaskItem(guest.Name));
        return true;
    }

    /// <summary>Reports the findings about a guest. The build that bakes the guest reports them, and so does every later build.</summary>
    /// <returns>Whether the build goes on. The build stops if the project makes an error of a warning.</returns>
    private bool Report(IEnumerable<Finding> findings, GuestItem guest)
    {
        bool goesOn = true;
        foreach (Finding finding in findings)
        {
            goesOn &= Report(finding, guest);
        }

        return goesOn;
    }

    // The file is not touched if its content stays the same. MSBuild copies files that are newer than their copies.
    private static string WriteSourceMap(string path, ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty)
        {
            FileChange.Delete(path);
            return "";
        }

        string digest = FileDigest.Of(content);
        if (FileDigest.OfFile(path) != digest)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path + ".tmp", content);
            FileChange.Replace(path + ".tmp", path);
        }

        return digest;
    }

    private static KeyValuePair<string, string>[] Describe(
        GuestItem guest, ImageConfig config, ulong storedSize, string digest, string sourceMap) =>
    [
        new(ImageMetadata.GuestName, guest.Name),
        new(ImageMetadata.Architecture, GuestLayouts.Find(config.Layout)!.Architecture),
        new(ImageMetadata.Layout, config.Layout),
        new(ImageMetadata.EntryPoint, "0x" + config.EntryPoint.ToString("x", CultureInfo.InvariantCulture)),
        new(ImageMetadata.ImageSize, config.MemorySize.ToString(CultureInfo.InvariantCulture)),
        new(ImageMetadata.StoredSize, storedSize.ToString(CultureInfo.InvariantCulture)),
        new(ImageMetadata.Digest, digest),
        new(ImageMetadata.GuestSha256, config.GuestSha256),
        new(ImageMetadata.SourceMapSha256, sourceMap),
    ];
}
