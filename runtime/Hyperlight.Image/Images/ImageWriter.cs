namespace Hyperlight.Images;

/// <summary>
/// Writes an image as an OCI image layout directory. A reader sees the old image or the new one. A file whose content would not change is left alone,
/// time stamp included.
/// </summary>
public static class ImageWriter
{
    /// <summary>
    /// Makes <paramref name="directory"/> hold <paramref name="image"/> under the tag <c>initial</c>. When it does already, other tags stay; else they
    /// go with all that was there, because they were made from another image.
    /// </summary>
    /// <param name="directory">Created when missing. One writer at a time.</param>
    /// <param name="image">The image.</param>
    /// <exception cref="HyperlightException">HL3006: a file cannot be written.</exception>
    public static void Write(string directory, BakedImage image)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(image);
        OciWriter writer = new(directory, "image");
        writer.Run(() =>
        {
            OciDescriptor memory = writer.WriteMemory(image.Config.MemorySize, sink =>
            {
                foreach (BlobPiece piece in image.Pieces)
                {
                    sink(piece.Offset, piece.Bytes.Span);
                }
            });
            OciDescriptor config = writer.WriteBlob(OciLayout.ConfigMediaType, image.Config, ImageJson.Default.ImageConfig);
            OciManifest manifest = new(OciLayout.SchemaVersion, OciLayout.ManifestMediaType, OciLayout.ConfigMediaType, config, [memory]);
            OciDescriptor tagged = writer.WriteBlob(OciLayout.ManifestMediaType, manifest, ImageJson.Default.OciManifest) with
            {
                Annotations = new Dictionary<string, string?> { [OciLayout.TagAnnotation] = OciLayout.InitialTag },
            };
            OciIndex? before = ReadIndex(directory);
            bool isSame = before is not null
                && before.Manifests.Where(other => other?.Tag == OciLayout.InitialTag).Select(other => other!.Digest).SequenceEqual([tagged.Digest]);
            writer.Commit(isSame ? before! : new(OciLayout.SchemaVersion, OciLayout.IndexMediaType, [tagged]));
            return tagged;
        });
    }

    /// <summary>What the directory lists, null when it cannot be read: what a bake cannot understand it replaces.</summary>
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
