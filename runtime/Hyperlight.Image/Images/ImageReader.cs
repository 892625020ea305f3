using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hyperlight.Layouts;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Images;

/// <summary>
/// Reads an image directory as hostile input: documents are bounded in size and depth, no path comes from a file, links and pipes are refused, digests
/// are checked, and the region table must be the one that the profile gives.
/// </summary>
/// <param name="directory">The image.</param>
internal sealed class ImageReader(string directory)
{
    private const int HexDigestLength = SHA256.HashSizeInBytes * 2;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Reads everything but the memory blob's content, and that too when <paramref name="verifyContent"/> is set.</summary>
    /// <exception cref="HyperlightException">HL3001 to HL3005.</exception>
    public (ImageConfig Config, MemoryMap Map, SafeFileHandle Memory) Read(bool verifyContent)
    {
        try
        {
            RefuseStranger(directory);
            OciMarker marker = Parse(ReadDocument(Path.Combine(directory, OciLayout.MarkerFile)), ImageJson.Default.OciMarker, OciLayout.MarkerFile);
            if (marker.ImageLayoutVersion != OciLayout.Version)
            {
                throw Failure(Rules.ImageUnsupported, $"its layout version is '{marker.ImageLayoutVersion}', this SDK reads {OciLayout.Version}");
            }

            OciManifest manifest = ReadManifest();
            OciDescriptor layer = manifest.Layers[0] ?? throw Failure(Rules.ImageMalformed, "the layer of its manifest is the JSON value null");
            ImageConfig config = ReadConfig(manifest);
            MemoryMap map = Recompute(config);
            return (config, map, OpenMemory(layer, config, verifyContent));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HyperlightException(
                Rules.ImageNotReadable.Found($"the image '{directory}' cannot be opened: {e.Message} Build the project that bakes it, or copy the whole folder."), e);
        }
    }

    private OciManifest ReadManifest()
    {
        OciIndex index = Parse(ReadDocument(Path.Combine(directory, OciLayout.IndexFile)), ImageJson.Default.OciIndex, OciLayout.IndexFile);
        OciDescriptor[] tagged = [.. index.Manifests.OfType<OciDescriptor>().Where(descriptor =>
            descriptor.Annotations is { } annotations
            && annotations.TryGetValue(OciLayout.TagAnnotation, out string? tag) && tag == OciLayout.InitialTag)];
        if (index.SchemaVersion != OciLayout.SchemaVersion || tagged.Length != 1)
        {
            throw Failure(
                Rules.ImageMalformed,
                $"{OciLayout.IndexFile} has schema version {index.SchemaVersion} and {tagged.Length} manifests tagged '{OciLayout.InitialTag}', it needs version {OciLayout.SchemaVersion} and one");
        }

        byte[] bytes = ReadBlobDocument(tagged[0], OciLayout.ManifestMediaType);
        OciManifest manifest = Parse(bytes, ImageJson.Default.OciManifest, "the manifest");
        if (manifest.SchemaVersion != OciLayout.SchemaVersion || manifest.ArtifactType != OciLayout.ConfigMediaType || manifest.Layers.Count != 1)
        {
            throw Failure(
                Rules.ImageUnsupported,
                $"its manifest has artifact type '{manifest.ArtifactType}' and {manifest.Layers.Count} layers, this SDK reads '{OciLayout.ConfigMediaType}' with one layer");
        }

        return manifest;
    }

    private ImageConfig ReadConfig(OciManifest manifest)
    {
        ImageConfig config = Parse(ReadBlobDocument(manifest.Config, OciLayout.ConfigMediaType), ImageJson.Default.ImageConfig, "the config");
        return config.SchemaVersion == ImageConfig.CurrentSchemaVersion
            ? config
            : throw Failure(
                Rules.ImageUnsupported,
                $"its config has schema version {config.SchemaVersion}, this SDK reads {ImageConfig.CurrentSchemaVersion}: bake it again with this SDK");
    }

    /// <summary>Lays the memory out anew from the profile and the recorded sizes, and compares.</summary>
    private MemoryMap Recompute(ImageConfig config)
    {
        GuestLayout layout = GuestLayouts.Find(config.Layout)
            ?? throw Failure(
                Rules.ImageUnsupported,
                $"its layout is '{config.Layout}', this SDK knows {string.Join(", ", GuestLayouts.All.Select(known => known.Id))}: bake it again with this SDK");

        ulong storedImage = config.Regions.FirstOrDefault()?.StoredSize ?? 0;
        bool storable = storedImage % GuestLayout.PageSize == 0 && storedImage <= layout.MaxRegionSize && config.CodeSize > 0;
        List<Finding> findings = [];
        MemoryMap? map = storable ? MemoryMap.TryCreate(layout, config.Sizes, config.CodeSize, storedImage, findings) : null;
        if (map is null
            || storedImage > map.Image.Size
            || (layout.Paging == GuestPaging.None && storedImage != map.Image.Size)
            || !map.Regions.AsSpan().SequenceEqual(config.Regions.AsSpan())
            || config.MemorySize != map.BlobSize)
        {
            string why = findings.Count > 0 ? findings[0].Message : $"{layout.Id} lays these sizes out otherwise";
            throw Failure(Rules.ImageMapDiffers, $"its region table is not its layout's: {why}");
        }

        if (config.EntryPoint - map.Image.Gva.Value >= map.CodeSize)
        {
            throw Failure(
                Rules.ImageMalformed, $"its entry point 0x{config.EntryPoint:X} lies outside its image ({map.Image.Gva}, 0x{map.CodeSize:X} bytes)");
        }

        return map;
    }

    private SafeFileHandle OpenMemory(OciDescriptor descriptor, ImageConfig config, bool verifyContent)
    {
        string path = BlobPath(descriptor, OciLayout.MemoryMediaType);
        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            long length = RandomAccess.GetLength(handle);
            if (length != descriptor.Size || (ulong)length != config.MemorySize)
            {
                throw Failure(
                    Rules.ImageMalformed,
                    $"its memory blob has 0x{length:X} bytes, manifest and config say 0x{descriptor.Size:X} and 0x{config.MemorySize:X}");
            }

            if (verifyContent)
            {
                VerifyDigest(descriptor, Hash(handle));
            }

            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static byte[] Hash(SafeFileHandle handle)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[256 * 1024];
        long position = 0;
        for (int count; (count = RandomAccess.Read(handle, buffer, position)) > 0; position += count)
        {
            hash.AppendData(buffer, 0, count);
        }

        return hash.GetHashAndReset();
    }

    private byte[] ReadBlobDocument(OciDescriptor descriptor, string mediaType)
    {
        byte[] bytes = ReadDocument(BlobPath(descriptor, mediaType));
        if (bytes.Length != descriptor.Size)
        {
            throw Failure(Rules.ImageMalformed, $"blob {descriptor.Digest} has {bytes.Length} bytes, its descriptor says {descriptor.Size}");
        }

        VerifyDigest(descriptor, SHA256.HashData(bytes));
        return bytes;
    }

    private void VerifyDigest(OciDescriptor descriptor, byte[] hash)
    {
        string actual = OciLayout.DigestPrefix + Convert.ToHexStringLower(hash);
        if (actual != descriptor.Digest)
        {
            throw Failure(Rules.ImageDigest, $"blob {descriptor.Digest} has the content of {actual}: it was damaged or changed. Bake or copy the image again");
        }
    }

    /// <summary>The file of a blob. A digest is 64 lower-case hexadecimal digits, so nothing in it can lead out of the folder.</summary>
    private string BlobPath(OciDescriptor descriptor, string mediaType)
    {
        bool isDigest = descriptor.Digest.StartsWith(OciLayout.DigestPrefix, StringComparison.Ordinal)
            && descriptor.Digest.Length == OciLayout.DigestPrefix.Length + HexDigestLength
            && descriptor.Digest.AsSpan(OciLayout.DigestPrefix.Length).IndexOfAnyExcept(HexDigits) < 0;
        if (!isDigest || descriptor.MediaType != mediaType)
        {
            throw Failure(
                Rules.ImageMalformed, $"a blob has digest '{descriptor.Digest}' and media type '{descriptor.MediaType}', expected are a SHA-256 digest and '{mediaType}'");
        }

        string blobs = OciLayout.BlobDirectory(directory);
        RefuseStranger(Path.GetDirectoryName(blobs)!);
        RefuseStranger(blobs);
        string path = Path.Combine(blobs, descriptor.Digest[OciLayout.DigestPrefix.Length..]);
        RefuseStranger(path);
        return path;
    }

    private byte[] ReadDocument(string path)
    {
        RefuseStranger(path);
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        long length = RandomAccess.GetLength(handle);
        if (length > OciLayout.MaxJsonSize)
        {
            throw Failure(Rules.ImageMalformed, $"'{Path.GetFileName(path)}' has {length} bytes, a document may have {OciLayout.MaxJsonSize}");
        }

        byte[] bytes = new byte[length];
        int read = 0;
        for (int count; (count = RandomAccess.Read(handle, bytes.AsSpan(read), read)) > 0;)
        {
            read += count;
        }

        return bytes[..read];
    }

    /// <summary>A link leads elsewhere, and to open a pipe might never return: those have no length, and no file of an image is empty.</summary>
    private void RefuseStranger(string path)
    {
        FileInfo file = new(path);
        if (file.LinkTarget is not null && path != directory)
        {
            throw Failure(Rules.ImageMalformed, $"'{path}' is a link: an image holds its files itself");
        }

        if (file is { Exists: true, Length: 0 })
        {
            throw Failure(Rules.ImageMalformed, $"'{path}' is empty or no ordinary file: bake or copy the image again");
        }
    }

    private T Parse<T>(byte[] json, JsonTypeInfo<T> type, string what)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw Failure(Rules.ImageMalformed, $"{what} is the JSON value null");
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new HyperlightException(Rules.ImageMalformed.Found($"the image '{directory}' is malformed: {what}: {e.Message}"), e);
        }
    }

    private HyperlightException Failure(Rule rule, string what) => new(rule.Found($"the image '{directory}' cannot be used: {what}."));
}
