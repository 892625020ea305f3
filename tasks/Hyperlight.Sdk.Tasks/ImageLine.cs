using System.Globalization;
using Hyperlight.Images;
using Hyperlight.Sdk.Tasks.Settings;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Writes the line that a build prints for each image that the build has made:
/// <c>hello -> bin/Debug/net10.0/guests/hello-0123456789abcdef (48 KiB, 12 KiB stored)</c>.
/// </summary>
internal static class ImageLine
{
    /// <summary>Writes the line of a guest.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="baked">The record of its image.</param>
    /// <param name="snapshotDigest">The digest of the snapshot; <c>null</c> if there is none.</param>
    /// <param name="projectDirectory">The folder of the project. The path in the line is relative to that folder.</param>
    /// <param name="outputFolder">The folder that the build copies images below; empty if the build copies no images. Then the line names
    /// the image in the folder obj.</param>
    public static string Of(GuestItem guest, BakeRecord baked, string? snapshotDigest, string projectDirectory, string outputFolder)
    {
        string digest = ImagePlace.ContentDigest(baked.Find(ImageMetadata.Digest)!, snapshotDigest);
        string path = outputFolder.Length == 0
            ? guest.ImageDirectory
            : Path.GetFullPath(Path.Combine(outputFolder, ImagePlace.OfImage(guest.Name, digest)), projectDirectory);
        string snapshot = guest.Settings.Snapshot == SnapshotChoice.False ? ""
            : snapshotDigest is null ? ", without a snapshot"
            : ", with a snapshot";
        string relative = Path.GetRelativePath(projectDirectory, path);
        return $"{guest.Name} -> {relative} ({Size(ImageMetadata.ImageSize)}, {Size(ImageMetadata.StoredSize)} stored{snapshot})";

        string Size(string name) => ByteSize.ToText(ulong.Parse(baked.Find(name) ?? "0", CultureInfo.InvariantCulture));
    }
}
