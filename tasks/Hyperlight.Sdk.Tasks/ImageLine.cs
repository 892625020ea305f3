using System.Globalization;
using Hyperlight.Images;
using Hyperlight.Sdk.Tasks.Settings;

namespace Hyperlight.Sdk.Tasks;

/// <summary>The line that a build prints for each image that it made: <c>hello -> bin/Debug/net10.0/guests/hello-0123456789abcdef (48 KiB, 12 KiB stored)</c>.</summary>
internal static class ImageLine
{
    /// <summary>The line.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="baked">What its bake gave.</param>
    /// <param name="snapshotDigest">The digest of the snapshot, null when there is none.</param>
    /// <param name="projectDirectory">The folder that paths are relative to.</param>
    /// <param name="outputFolder">The folder that the build copies images below, empty when it copies none: then the line names the image itself.</param>
    public static string Of(GuestItem guest, BakeRecord baked, string? snapshotDigest, string projectDirectory, string outputFolder)
    {
        string digest = ImagePlace.ContentDigest(baked.Find(ImageMetadata.Digest)!, snapshotDigest);
        string path = outputFolder.Length == 0 ? guest.ImageDirectory : Path.GetFullPath(Path.Combine(outputFolder, ImagePlace.OfImage(guest.Name, digest)), projectDirectory);
        string snapshot = guest.Settings.Snapshot == SnapshotChoice.False ? "" : snapshotDigest is null ? ", without a snapshot" : ", with a snapshot";
        return $"{guest.Name} -> {Path.GetRelativePath(projectDirectory, path)} ({Size(ImageMetadata.ImageSize)}, {Size(ImageMetadata.StoredSize)} stored{snapshot})";

        string Size(string name) => ByteSize.ToText(ulong.Parse(baked.Find(name) ?? "0", CultureInfo.InvariantCulture));
    }
}
