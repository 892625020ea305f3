using Hyperlight.Images;
using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>Lists what the last bake of each guest gave, and its snapshot. It runs in every build, so that a build without a bake knows the same files.</summary>
[MSBuildMultiThreadableTask]
public sealed class CollectImages : GuestTask
{
    /// <summary>The guests, as <see cref="ResolveGuests"/> gives them.</summary>
    [Required]
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>One item for each image: its folder, with metadata that describes it.</summary>
    [Output]
    public ITaskItem[] Images { get; private set; } = [];

    /// <summary>The files of all images, with the <c>Link</c> they have below the output folder.</summary>
    [Output]
    public ITaskItem[] ImageFiles { get; private set; } = [];

    private protected override void Run()
    {
        List<ITaskItem> images = [];
        List<ITaskItem> files = [];
        foreach (GuestItem guest in Guests.Select(GuestItem.FromTaskItem))
        {
            if (BakeRecord.Read(guest.RecordFile) is not { } record)
            {
                continue;
            }

            // A bake may have put another image in the place of the one that the snapshot was taken of.
            BakeRecord? snapshot = BakeRecord.Read(guest.SnapshotRecordFile) is { } last && last.IsComplete(guest.ImageDirectory) ? last : null;
            string snapshotDigest = snapshot?.Find(ImageMetadata.SnapshotDigest) ?? "";
            string contentDigest = ImagePlace.ContentDigest(record.Find(ImageMetadata.Digest)!, snapshotDigest.Length > 0 ? snapshotDigest : null);
            images.Add(ImageItem(guest, record, snapshotDigest, contentDigest));
            files.AddRange((snapshot ?? record).Files.Select(file => FileItem(guest, contentDigest, file)));
        }

        Images = [.. images];
        ImageFiles = [.. files];
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

    private static ITaskItem2 FileItem(GuestItem guest, string contentDigest, string file)
    {
        ITaskItem2 item = TaskItems.Create(Path.Combine(guest.ImageDirectory, file));
        item.SetMetadataValueLiteral("Link", $"{ImagePlace.OfImage(guest.Name, contentDigest)}/{file}");
        return item;
    }
}
