using Hyperlight.Images;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;
using Hyperlight.Symbols;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Lists the image of each guest with its files and its snapshot. The task runs in every build, so that a build that bakes nothing knows
/// the files, too.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class CollectImages : GuestTask
{
    /// <summary>Gets or sets the guests, as <see cref="ResolveGuests"/> returns them.</summary>
    [Required]
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>Gets an item for each image: the folder of the image, with the metadata of <see cref="ImageMetadata"/>.</summary>
    [Output]
    public ITaskItem[] Images { get; private set; } = [];

    /// <summary>Gets the files of all images. The metadata <c>Link</c> is the path of a file below the output folder.</summary>
    [Output]
    public ITaskItem[] ImageFiles { get; private set; } = [];

    /// <summary>
    /// Gets the source maps of guests that have one. The metadata <c>Link</c> is the path of a map below the output folder.
    /// </summary>
    [Output]
    public ITaskItem[] SourceMaps { get; private set; } = [];

    private protected override void Run()
    {
        List<ITaskItem> images = [];
        List<ITaskItem> files = [];
        List<ITaskItem> sourceMaps = [];
        foreach (GuestItem guest in Guests.Select(GuestItem.FromTaskItem))
        {
            if (BakeRecord.Read(guest.RecordFile) is not { } record)
            {
                continue;
            }

            // A bake may have replaced the image that the snapshot was taken of.
            BakeRecord? last = BakeRecord.Read(guest.SnapshotRecordFile);
            BakeRecord? snapshot = last?.IsComplete(guest.ImageDirectory) == true ? last : null;
            string? snapshotDigest = snapshot?.Find(ImageMetadata.SnapshotDigest);
            string contentDigest = ImagePlace.ContentDigest(record.Find(ImageMetadata.Digest)!, snapshotDigest);
            images.Add(ImageItem(guest, record, snapshotDigest ?? "", contentDigest));
            string place = ImagePlace.OfImage(guest.Name, contentDigest);
            files.AddRange((snapshot ?? record).Files.Select(
                file => FileItem(FilePath.Absolute(file, guest.ImageDirectory), $"{place}/{file}")));
            if (record.Find(ImageMetadata.SourceMapSha256) is { Length: > 0 })
            {
                sourceMaps.Add(FileItem(guest.SourceMapFile, SourceMap.PathOf(place)));
            }
        }

        Images = [.. images];
        ImageFiles = [.. files];
        SourceMaps = [.. sourceMaps];
    }

    private static ITaskItem2 ImageItem(GuestItem guest, BakeRecord record, string snapshotDigest, string contentDigest)
    {
        ITaskItem2 item = TaskItems.Create(guest.ImageDirectory);
        foreach ((string name, string value) in record.Metadata)
        {
            item.SetMetadataValueLiteral(name, value);
        }

        item.SetMetadataValueLiteral(ImageMetadata.SnapshotDigest, snapshotDigest);
        item.SetMetadataValueLiteral(ImageMetadata.ContentDigest, contentDigest);
        item.SetMetadataValueLiteral(ImageMetadata.GuestBinary, guest.Path);
        item.SetMetadataValueLiteral(ImageMetadata.ImageDirectory, guest.ImageDirectory);
        foreach (ImageMetadata metadata in ImageMetadata.All)
        {
            if (metadata.FormerName is { } former)
            {
                string digest = item.GetMetadata(metadata.Name);
                item.SetMetadataValueLiteral(former, digest[(digest.IndexOf(':') + 1)..]);
            }
        }

        return item;
    }

    private static ITaskItem2 FileItem(string path, string link)
    {
        ITaskItem2 item = TaskItems.Create(path);
        item.SetMetadataValueLiteral("Link", link);
        return item;
    }
}
