using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hyperlight.Files;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Oci;

/// <summary>
/// Writes into an OCI image layout directory. Each file is written under a temporary name, flushed and renamed, <c>index.json</c> last. A
/// reader
/// sees the old content or the new content, also if the writer is killed. A file whose content would not change is not touched.
/// </summary>
/// <param name="directory">The directory. The first write creates the directory. Only one writer at a time may use it.</param>
/// <param name="what">The word for the content in messages, <c>image</c> or <c>snapshot</c>.</param>
/// <param name="cancellationToken">Stops the writing of content. The directory then has its old content.</param>
internal sealed class OciWriter(string directory, string what, CancellationToken cancellationToken = default)
{
    private const string TemporarySuffix = ".tmp";
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnersFile | UnixFileMode.UserExecute;
    private static readonly byte[] Zeros = new byte[64 * 1024];

    // JSON is written as upstream writes it: two spaces, and no characters escaped that JSON allows. These documents do not become parts of
    // web pages.
    private static readonly JsonWriterOptions Pretty = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonWriterOptions Compact = Pretty with { Indented = false };

    private readonly string _blobs = OciLayout.BlobDirectory(directory);

    /// <summary>
    /// Gets whether only the owner may use new files and folders, from their creation on, because they contain a guest's memory. If not,
    /// they have the permissions of all
    /// files of the process.
    /// </summary>
    public bool IsPrivate { get; init; }

    /// <summary>Runs <paramref name="write"/> and turns exceptions of the file system into coded failures.</summary>
    /// <exception cref="HyperlightException">HL3006, or what <paramref name="write"/> throws.</exception>
    public T Run<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HyperlightException(
                Rules.ImageNotWritten.Found(
                    $"the {what} '{directory}' cannot be written: {e.Message} Make the folder writable and the disk large enough."), e);
        }
    }

    /// <summary>Writes a document as a blob.</summary>
    public OciDescriptor WriteBlob<T>(string mediaType, T document, JsonTypeInfo<T> type)
    {
        byte[] content = ToJson(document, type, Pretty);
        string digest = OciLayout.Digest(SHA256.HashData(content));
        WriteFile(BlobPath(digest), content);
        return new(mediaType, digest, content.Length);
    }

    /// <summary>Writes a memory blob, unless the directory has the blob already.</summary>
    /// <param name="mediaType">The media type.</param>
    /// <param name="size">The size in bytes.</param>
    /// <param name="content">The content. The writer reads the content twice.</param>
    public OciDescriptor WriteMemory(string mediaType, ulong size, BlobContent content)
    {
        byte[] hash = Hash(size, content);
        long length = checked((long)size);
        string digest = OciLayout.Digest(hash);
        string path = BlobPath(digest);
        if (!HoldsMemory(path, length, hash))
        {
            Replace(path, stream =>
            {
                // Bytes that are not written stay holes of the file if the file system supports holes.
                stream.SetLength(length);
                content((offset, bytes) =>
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    stream.Position = checked((long)offset);
                    stream.Write(bytes);
                });
            });
        }

        return new(mediaType, digest, length);
    }

    /// <summary>
    /// Writes the marker file and then the index, which makes the blobs that were written before visible. Then deletes blobs that no
    /// manifest needs any
    /// more, and temporary files of earlier writers that were killed.
    /// </summary>
    public void Commit(OciIndex index)
    {
        WriteFile(Path.Combine(directory, OciLayout.MarkerFile), ToJson(new(OciLayout.Version), OciJson.Default.OciMarker, Compact));
        WriteFile(Path.Combine(directory, OciLayout.IndexFile), ToJson(index, OciJson.Default.OciIndex, Pretty));
        FileChange.Delete(Path.Combine(directory, OciLayout.MarkerFile + TemporarySuffix));
        FileChange.Delete(Path.Combine(directory, OciLayout.IndexFile + TemporarySuffix));
        HashSet<string>? needed = FindNeeded(index);
        foreach (string path in Directory.GetFiles(_blobs))
        {
            string name = Path.GetFileName(path);
            bool isBlob = OciLayout.IsHexDigest(name);
            if (isBlob
                ? needed?.Contains(name) == false
                : name.EndsWith(TemporarySuffix, StringComparison.Ordinal) && OciLayout.IsHexDigest(name.AsSpan(..^TemporarySuffix.Length)))
            {
                FileChange.Delete(path);
            }
        }
    }

    /// <summary>
    /// Finds the names of the files that the manifests need; <c>null</c> if a manifest is of an unknown kind, which may need any file.
    /// </summary>
    private HashSet<string>? FindNeeded(OciIndex index)
    {
        OciReader reader = new(directory, what);
        return reader.Run(() =>
        {
            HashSet<string> needed = [];
            foreach (OciDescriptor? descriptor in index.Manifests)
            {
                if (descriptor is null || reader.TryReadManifest(descriptor) is not { } manifest)
                {
                    return null;
                }

                needed.UnionWith(manifest.Layers.OfType<OciDescriptor>().Append(descriptor).Append(manifest.Config)
                    .Where(blob => OciLayout.IsDigest(blob.Digest)).Select(blob => OciLayout.FileName(blob.Digest)));
            }

            return needed;
        });
    }

    private string BlobPath(string digest) => Path.Combine(_blobs, OciLayout.FileName(digest));

    private static byte[] ToJson<T>(T document, JsonTypeInfo<T> type, JsonWriterOptions options)
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json, options))
        {
            JsonSerializer.Serialize(writer, document, type);
        }

        return json.Length <= OciLayout.MaxJsonSize
            ? json.ToArray()
            : throw new HyperlightException(Rules.ImageNotWritten.Found(
                $"a document of an image has {json.Length} bytes, readers accept {OciLayout.MaxJsonSize}: use another folder, which has "
                + $"fewer tags."));
    }

    private byte[] Hash(ulong size, BlobContent content)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ulong position = 0;
        void SkipTo(ulong offset)
        {
            while (position < offset)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int count = (int)Math.Min((ulong)Zeros.Length, offset - position);
                hash.AppendData(Zeros, 0, count);
                position += (ulong)count;
            }
        }

        content((offset, bytes) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            SkipTo(offset);
            hash.AppendData(bytes);
            position += (ulong)bytes.Length;
        });
        SkipTo(size);
        return hash.GetHashAndReset();
    }

    private bool HoldsMemory(string path, long size, byte[] hash)
    {
        using SafeFileHandle? file = TryOpen(path);
        if (file is null || RandomAccess.GetLength(file) != size)
        {
            return false;
        }

        using IncrementalHash actual = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        SealedFile.Read(file, size, (chunk, _) => actual.AppendData(chunk.Span), cancellationToken);
        return actual.GetHashAndReset().AsSpan().SequenceEqual(hash);
    }

    private void WriteFile(string path, byte[] content)
    {
        UnixFileMode? mode = null;
        using (SafeFileHandle? file = TryOpen(path))
        {
            if (file is not null)
            {
                byte[] before = new byte[content.Length];
                if (RandomAccess.GetLength(file) == content.Length && RandomAccess.Read(file, before, 0) == content.Length
                    && before.AsSpan().SequenceEqual(content))
                {
                    return;
                }

                // Users who could read the old index can read the new index.
                mode = OperatingSystem.IsWindows() ? null : File.GetUnixFileMode(file);
            }
        }

        Replace(path, stream => stream.Write(content), mode);
    }

    /// <summary>Opens a file; <c>null</c> if there is no ordinary file. Other things than files are replaced.</summary>
    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            return Path.Exists(path) ? OrdinaryFile.OpenBelow(Path.GetDirectoryName(path)!, Path.GetFileName(path)) : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private void CreateFolder(string path)
    {
        if (!IsPrivate || OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        foreach (string folder in (string[])[directory, Path.Combine(directory, OciLayout.BlobFolder), _blobs])
        {
            Directory.CreateDirectory(folder, OwnersFolder);
            if (folder == path)
            {
                break;
            }
        }
    }

    private FileStream Create(string path)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (IsPrivate && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnersFile;
        }

        return new(path, options);
    }

    private void Replace(string path, Action<FileStream> write, UnixFileMode? mode = null)
    {
        string temporary = path + TemporarySuffix;
        CreateFolder(Path.GetDirectoryName(path)!);
        try
        {
            // The file is always a new file, because an existing file could be a link.
            FileChange.Delete(temporary);
            using (FileStream stream = Create(temporary))
            {
                if (mode is { } wanted && !OperatingSystem.IsWindows())
                {
                    File.SetUnixFileMode(stream.SafeFileHandle, wanted);
                }

                write(stream);
                stream.Flush(flushToDisk: true);
            }

            FileChange.Replace(temporary, path);
        }
        catch
        {
            FileChange.Delete(temporary);
            throw;
        }
    }
}
