using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hyperlight.Images;

/// <summary>
/// Writes an image as an OCI image layout directory. Each file is written under a temporary name, flushed and renamed, <c>index.json</c> last: a reader
/// sees the old image or the new one. A file whose content would not change is left alone, time stamp included.
/// </summary>
public static class ImageWriter
{
    private const string TemporarySuffix = ".tmp";
    private static readonly byte[] Zeros = new byte[64 * 1024];

    /// <summary>Makes <paramref name="directory"/> hold <paramref name="image"/> under the tag <c>initial</c>, and nothing else.</summary>
    /// <param name="directory">Created when missing. One writer at a time.</param>
    /// <param name="image">The image.</param>
    /// <exception cref="HyperlightException">HL3006: a file cannot be written.</exception>
    public static void Write(string directory, BakedImage image)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(image);
        try
        {
            string blobs = OciLayout.BlobDirectory(directory);
            Directory.CreateDirectory(blobs);

            OciDescriptor memory = WriteMemory(blobs, image);
            OciDescriptor config = WriteBlob(blobs, OciLayout.ConfigMediaType, ToJson(image.Config, ImageJson.Default.ImageConfig));
            OciManifest manifest = new(OciLayout.SchemaVersion, OciLayout.ManifestMediaType, OciLayout.ConfigMediaType, config, [memory]);
            OciDescriptor tagged = WriteBlob(blobs, OciLayout.ManifestMediaType, ToJson(manifest, ImageJson.Default.OciManifest)) with
            {
                Annotations = new Dictionary<string, string> { [OciLayout.TagAnnotation] = OciLayout.InitialTag },
            };
            OciIndex index = new(OciLayout.SchemaVersion, OciLayout.IndexMediaType, [tagged]);

            WriteFile(Path.Combine(directory, OciLayout.MarkerFile), ToJson(new OciMarker(OciLayout.Version), ImageJson.Default.OciMarker));
            WriteFile(Path.Combine(directory, OciLayout.IndexFile), ToJson(index, ImageJson.Default.OciIndex));
            RemoveOthers(blobs, [memory, config, tagged]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HyperlightException(
                Rules.ImageNotWritten.Found($"the image '{directory}' cannot be written: {e.Message} Make the folder writable and the disk large enough."), e);
        }
    }

    private static byte[] ToJson<T>(T document, JsonTypeInfo<T> type)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(document, type);
        return json.Length <= OciLayout.MaxJsonSize
            ? json
            : throw new InvalidOperationException($"a document of {json.Length} bytes is larger than a reader accepts");
    }

    private static OciDescriptor WriteBlob(string blobs, string mediaType, byte[] content)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(content));
        WriteFile(Path.Combine(blobs, hash), content);
        return new(mediaType, OciLayout.DigestPrefix + hash, content.Length);
    }

    private static OciDescriptor WriteMemory(string blobs, BakedImage image)
    {
        string hash = HashMemory(image);
        long size = checked((long)image.Config.MemorySize);
        string path = Path.Combine(blobs, hash);
        if (!HoldsMemory(path, size, hash))
        {
            Replace(path, stream =>
            {
                // What is never written stays a hole of the file where the file system has holes.
                stream.SetLength(size);
                foreach (BlobPiece piece in image.Pieces)
                {
                    stream.Position = checked((long)piece.Offset);
                    stream.Write(piece.Bytes.Span);
                }
            });
        }

        return new(OciLayout.MemoryMediaType, OciLayout.DigestPrefix + hash, size);
    }

    private static string HashMemory(BakedImage image)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ulong position = 0;
        void SkipTo(ulong offset)
        {
            while (position < offset)
            {
                int count = (int)Math.Min((ulong)Zeros.Length, offset - position);
                hash.AppendData(Zeros, 0, count);
                position += (ulong)count;
            }
        }

        foreach (BlobPiece piece in image.Pieces)
        {
            SkipTo(piece.Offset);
            hash.AppendData(piece.Bytes.Span);
            position += (ulong)piece.Bytes.Length;
        }

        SkipTo(image.Config.MemorySize);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static bool HoldsMemory(string path, long size, string hash)
    {
        FileInfo file = new(path);
        if (!file.Exists || file.LinkTarget is not null || file.Length != size)
        {
            return false;
        }

        using FileStream stream = file.OpenRead();
        return Convert.ToHexStringLower(SHA256.HashData(stream)) == hash;
    }

    private static void WriteFile(string path, byte[] content)
    {
        FileInfo file = new(path);
        bool same = file.Exists && file.LinkTarget is null && file.Length == content.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(content);
        if (!same)
        {
            Replace(path, stream => stream.Write(content));
        }
    }

    private static void Replace(string path, Action<FileStream> write)
    {
        string temporary = path + TemporarySuffix;
        try
        {
            using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static void RemoveOthers(string blobs, IReadOnlyCollection<OciDescriptor> kept)
    {
        HashSet<string> names = [.. kept.Select(descriptor => descriptor.Digest[OciLayout.DigestPrefix.Length..])];
        foreach (string path in Directory.EnumerateFiles(blobs).Where(path => !names.Contains(Path.GetFileName(path))).ToArray())
        {
            File.Delete(path);
        }
    }
}
