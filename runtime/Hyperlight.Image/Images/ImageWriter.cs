using Hyperlight.Oci;

namespace Hyperlight.Images;

/// <summary>
/// Writes an image as an OCI image layout directory. A reader sees the old image or the new one. A file whose content would not change is
/// not
/// touched.
/// </summary>
internal static class ImageWriter
{
    /// <summary>
    /// Writes an image under the tag <c>initial</c>. Other tags stay if the directory has this image already. Otherwise they are
    /// deleted, because they were made from another image.
    /// </summary>
    /// <param name="directory">The directory. The directory is created if it is missing. Only one writer at a time may use it.</param>
    /// <param name="image">The image.</param>
    /// <returns>The digest and the files of the image.</returns>
    /// <exception cref="HyperlightException">HL3006: a file cannot be written.</exception>
    public static WrittenImage Write(string directory, BakedImage image)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(image);
        OciWriter writer = new(directory, "image");
        return writer.Run(() =>
        {
            OciDescriptor memory = writer.WriteMemory(MediaTypes.Memory, StoredRanges.Total(image.Config.Stored), sink =>
            {
                foreach (BlobPiece piece in image.Pieces.Where(piece => !piece.Bytes.IsEmpty))
                {
                    sink(StoredRanges.BlobOffset(image.Config.Stored, piece.Offset), piece.Bytes.Span);
                }
            });
            OciDescriptor config = writer.WriteBlob(MediaTypes.ImageConfig, image.Config, ImageJson.Default.ImageConfig);
            OciDescriptor tagged = writer.WriteBlob(
                OciLayout.ManifestMediaType, OciManifest.Of(config, [memory]), OciJson.Default.OciManifest) with
            {
                Annotations = new Dictionary<string, string?> { [OciLayout.TagAnnotation] = ImageTags.Initial },
            };
            OciIndex? before = ReadIndex(directory);
            bool isSame = before is not null
                && before.Manifests.Where(
                    other => other?.Tag == ImageTags.Initial).Select(other => other!.Digest).SequenceEqual([tagged.Digest]);
            writer.Commit(isSame ? before! : OciIndex.Of(tagged));
            string[] blobs = [.. new[] { memory, config, tagged }.Select(
                blob => "blobs/sha256/" + OciLayout.FileName(blob.Digest)).Order(StringComparer.Ordinal)];
            return new WrittenImage(tagged.Digest, [.. blobs, OciLayout.IndexFile, OciLayout.MarkerFile]);
        });
    }

    /// <summary>Removes the snapshot of an image, also if the writer of the snapshot was killed.</summary>
    /// <param name="directory">The image.</param>
    /// <exception cref="HyperlightException">HL3001 to HL3004: there is no image. HL3006: a file cannot be written.</exception>
    public static void RemoveSnapshot(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        OciReader reader = new(directory, "image");
        OciIndex index = reader.Run(reader.ReadIndex);
        OciWriter writer = new(directory, "image");
        writer.Run(() =>
        {
            OciIndex without = index with { Manifests = [.. index.Manifests.Where(manifest => manifest?.Tag != ImageTags.Snapshot)] };
            writer.Commit(without);
            return without;
        });
    }

    /// <summary>
    /// Reads the index of the directory; <c>null</c> if the index cannot be read. A bake replaces content that it cannot read.
    /// </summary>
    private static OciIndex? ReadIndex(string directory)
    {
        OciReader reader = new(directory, "image");
        try
        {
            return reader.Run(reader.ReadIndex);
        }
        catch (HyperlightException)
        {
            return null;
        }
    }
}
