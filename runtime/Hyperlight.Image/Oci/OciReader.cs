using System.Security.Cryptography;
using System.Text.Json;
using Hyperlight.Files;
using Hyperlight.Json;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Oci;

/// <summary>
/// Reads an untrusted OCI image layout directory: documents are limited in size and depth, no path comes from a file, links and pipes are
/// refused, and digests are checked.
/// </summary>
/// <param name="directory">The directory.</param>
/// <param name="what">The word for the content in messages, <c>image</c> or <c>snapshot</c>.</param>
/// <param name="cancellationToken">Stops the reading of content.</param>
internal sealed partial class OciReader(string directory, string what, CancellationToken cancellationToken = default)
{
    // The folders, which are open until the end of Run.
    private OrdinaryFolder? _root;
    private OrdinaryFolder? _blobs;

    /// <summary>
    /// Gets or sets whether documents that this process has read before, from any directory, are taken without reading their files.
    /// </summary>
    public bool TakesKnownDocuments { get; set; }

    /// <summary>
    /// Runs <paramref name="read"/>, which may use the other members, and turns exceptions of the file system into coded failures.
    /// </summary>
    /// <exception cref="HyperlightException">HL3001, or what <paramref name="read"/> throws.</exception>
    public T Run<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw Failure(Rules.ImageMalformed, $"{e.Message}, and it holds ordinary files of its own only: make or copy the {what} again");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HyperlightException(
                Rules.ImageNotReadable.Found(
                    $"the {what} '{directory}' cannot be opened: {e.Message} Make it again, or copy the whole folder."), e);
        }
        finally
        {
            _blobs?.Dispose();
            _root?.Dispose();
            (_blobs, _root) = (null, null);
        }
    }

    /// <summary>Checks the marker file.</summary>
    public void ReadMarker()
    {
        OciMarker marker = ReadFile(OciLayout.MarkerFile, OciMarker.Read);
        if (marker.ImageLayoutVersion != OciLayout.Version)
        {
            throw Failure(
                Rules.ImageUnsupported, $"its layout version is '{marker.ImageLayoutVersion}', this SDK reads {OciLayout.Version}");
        }
    }

    /// <summary>Reads the list of manifests.</summary>
    public OciIndex ReadIndex()
    {
        OciIndex index = ReadFile(OciLayout.IndexFile, OciIndex.Read);
        return index.SchemaVersion == OciLayout.SchemaVersion && index.MediaType is (null or OciLayout.IndexMediaType)
            ? index
            : throw Failure(
                Rules.ImageMalformed,
                $"{OciLayout.IndexFile} has schema version {index.SchemaVersion} and media type '{index.MediaType}', it needs "
                + $"{OciLayout.SchemaVersion} and '{OciLayout.IndexMediaType}'");
    }

    /// <summary>Finds a manifest.</summary>
    /// <param name="reference">A digest or a tag. Exactly one manifest must have the tag.</param>
    public OciDescriptor Find(string reference) => Find(ReadIndex(), reference);

    /// <summary>Finds a manifest in a list that was read before.</summary>
    /// <inheritdoc cref="Find(string)"/>
    public OciDescriptor Find(OciIndex index, string reference)
    {
        OciDescriptor[] manifests = [.. index.Manifests.OfType<OciDescriptor>()];
        bool isDigest = reference.Contains(':', StringComparison.Ordinal);
        OciDescriptor[] found = [.. manifests.Where(manifest => isDigest ? manifest.Digest == reference : manifest.Tag == reference)];
        if (isDigest ? found.Length > 0 : found.Length == 1)
        {
            return found[0];
        }

        IEnumerable<string> names = manifests.Select(manifest => isDigest ? manifest.Digest : manifest.Tag).OfType<string>();
        string known = string.Join(", ", names.Distinct().Take(16));
        throw isDigest
            ? Failure(Rules.ImageMalformed, $"{OciLayout.IndexFile} has no manifest '{reference}', it has {known}")
            : Failure(
                Rules.ImageMalformed,
                $"{OciLayout.IndexFile} has {found.Length} manifests tagged '{reference}', it needs one; its tags are {known}");
    }

    /// <summary>Reads a manifest.</summary>
    /// <param name="descriptor">The descriptor of the manifest.</param>
    /// <param name="kinds">The kinds of manifest that are accepted.</param>
    /// <returns>The manifest, with all layers of its kind.</returns>
    public OciManifest ReadManifest(OciDescriptor descriptor, params ManifestKind[] kinds)
    {
        OciManifest manifest = ReadBlob(descriptor, OciLayout.ManifestMediaType, OciManifest.Read, "the manifest");
        if (manifest.SchemaVersion != OciLayout.SchemaVersion
            || manifest.MediaType is not (null or OciLayout.ManifestMediaType)
            || Array.Find(
                kinds,
                kind => kind.ConfigMediaType == manifest.ArtifactType
                    && kind.LayerMediaTypes.Length == manifest.Layers.Count) is not { } found)
        {
            throw Failure(
                Rules.ImageUnsupported,
                $"its manifest has schema version {manifest.SchemaVersion}, media type '{manifest.MediaType}', artifact type "
                + $"'{manifest.ArtifactType}' and "
                + $"{manifest.Layers.Count} layers, this SDK reads "
                + $"{string.Join(" or ", kinds.Select(kind => $"'{kind.ConfigMediaType}' with {kind.LayerMediaTypes.Length}"))}");
        }

        for (int i = 0; i < found.LayerMediaTypes.Length; i++)
        {
            OciDescriptor layer = manifest.Layers[i]
                ?? throw Failure(Rules.ImageMalformed, $"a layer of its manifest is the JSON value null");
            CheckBlob(layer, found.LayerMediaTypes[i]);
        }

        return manifest;
    }

    /// <summary>Reads a manifest of any kind; <c>null</c> if the manifest is not valid or cannot be read.</summary>
    public OciManifest? TryReadManifest(OciDescriptor descriptor)
    {
        try
        {
            return ReadBlob(descriptor, OciLayout.ManifestMediaType, OciManifest.Read, "the manifest");
        }
        catch (Exception e) when (e is HyperlightException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Reads a blob that is a JSON document.</summary>
    public T ReadBlob<T>(OciDescriptor descriptor, string mediaType, Func<JsonFields, T> read, string name)
        where T : class
    {
        CheckBlob(descriptor, mediaType);
        if (TakesKnownDocuments && KnownDocuments.Find<T>(descriptor) is { } known)
        {
            return known;
        }

        using SafeFileHandle handle = OpenBlob(descriptor, mediaType);
        byte[] bytes = ReadDocument(handle, $"blob {descriptor.Digest}");
        if (bytes.Length != descriptor.Size)
        {
            throw Failure(
                Rules.ImageMalformed, $"blob {descriptor.Digest} has {bytes.Length} bytes, its descriptor says {descriptor.Size}");
        }

        VerifyDigest(descriptor, SHA256.HashData(bytes));
        T document = Parse(bytes, read, name);
        KnownDocuments.Add(descriptor, document);
        return document;
    }

    /// <summary>Creates a failure whose message names the directory.</summary>
    public HyperlightException Failure(DiagnosticRule rule, FindingText why) =>
        FailureText(rule, why.ToText());

    /// <summary>Creates a failure whose message names the directory, from a finished text, of which no single value is shortened.</summary>
    public HyperlightException FailureText(DiagnosticRule rule, string why) =>
        new(rule.FoundText("the " + what + " '" + directory + "' cannot be used: " + why + "."));

    private OrdinaryFolder Root => _root ??= OrdinaryFolder.Open(directory);

    private OrdinaryFolder Blobs => _blobs ??= OpenBlobs();

    private OrdinaryFolder OpenBlobs()
    {
        using OrdinaryFolder parent = Root.OpenFolder(OciLayout.BlobFolder);
        return parent.OpenFolder(OciLayout.HashFolder);
    }

    private T ReadFile<T>(string name, Func<JsonFields, T> read)
    {
        using SafeFileHandle handle = Root.OpenFile(name);
        return Parse(ReadDocument(handle, name), read, name);
    }

    private void VerifyDigest(OciDescriptor descriptor, byte[] hash)
    {
        string actual = OciLayout.Digest(hash);
        if (actual != descriptor.Digest)
        {
            throw Failure(
                Rules.ImageDigest,
                $"blob {descriptor.Digest} has the content of {actual}: it was damaged or changed. Make or copy the {what} again");
        }
    }

    private SafeFileHandle OpenBlob(OciDescriptor descriptor, string mediaType)
    {
        CheckBlob(descriptor, mediaType);
        return Blobs.OpenFile(OciLayout.FileName(descriptor.Digest));
    }

    private void CheckBlob(OciDescriptor descriptor, string mediaType)
    {
        if (!OciLayout.IsDigest(descriptor.Digest) || descriptor.MediaType != mediaType)
        {
            throw Failure(
                Rules.ImageMalformed,
                $"a blob has digest '{descriptor.Digest}' and media type '{descriptor.MediaType}', expected are a SHA-256 digest and "
                + $"'{mediaType}'");
        }
    }

    private byte[] ReadDocument(SafeFileHandle handle, string name)
    {
        long length = RandomAccess.GetLength(handle);
        if (length > OciLayout.MaxJsonSize)
        {
            throw Failure(Rules.ImageMalformed, $"'{name}' has {length} bytes, a document may have {OciLayout.MaxJsonSize}");
        }

        byte[] bytes = new byte[length];
        int read = 0;
        for (int count = 1; count > 0 && read < bytes.Length; read += count)
        {
            count = RandomAccess.Read(handle, bytes.AsSpan(read), read);
        }

        return read == bytes.Length ? bytes : bytes[..read];
    }

    private T Parse<T>(byte[] json, Func<JsonFields, T> read, string name)
    {
        try
        {
            return JsonFields.Read(json, read);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new HyperlightException(Rules.ImageMalformed.Found($"the {what} '{directory}' is malformed: {name}: {e.Message}"), e);
        }
    }
}
