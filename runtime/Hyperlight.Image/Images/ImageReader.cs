using Hyperlight.Diagnostics;
using Hyperlight.Files;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Paging;

namespace Hyperlight.Images;

/// <summary>Reads an untrusted image. The region table must be equal to the table that the layout gives for the recorded sizes.</summary>
/// <param name="directory">The directory of the image.</param>
/// <param name="cancellationToken">Stops the reading of content.</param>
internal sealed class ImageReader(string directory, CancellationToken cancellationToken = default)
{
    // The greatest length of a build id in digits, two for each byte. The reader of ELF files accepts 64 bytes.
    private const int MaxBuildIdLength = 128;

    private readonly OciReader _directory = new(directory, "image", cancellationToken);

    /// <summary>Reads the documents of the image, and the content of the memory blob if <paramref name="verifyContent"/> is set.</summary>
    /// <exception cref="HyperlightException">HL3001 to HL3005, HL3012, HL3017.</exception>
    public (ImageConfig Config, string Digest, string? SnapshotDigest, MemoryMap Map, SharedFile Memory) Read(
        bool verifyContent, string? expectedDigest) => _directory.Run(() =>
    {
        _directory.TakesKnownDocuments = !verifyContent;
        _directory.ReadMarker();
        OciIndex index = _directory.ReadIndex();
        OciDescriptor tagged = _directory.Find(index, ImageTags.Initial);
        string? snapshotDigest = FindSnapshot(index);
        // The digest is checked first, because the rest of the method reads the image, which may be large.
        if (expectedDigest is not null && ImagePlace.ContentDigest(tagged.Digest, snapshotDigest) is var found && found != expectedDigest)
        {
            throw _directory.Failure(
                Rules.ImageNotExpected,
                $"it is {found}, the program was built with {expectedDigest}: copy or publish the program together with its folder "
                + $"{ImagePlace.Root}");
        }

        OciManifest manifest = _directory.ReadManifest(tagged, ManifestKinds.Image);
        ImageConfig config = _directory.ReadBlob(manifest.Config, MediaTypes.ImageConfig, ImageConfig.Read, "the config");
        if (config.SchemaVersion != ImageConfig.CurrentSchemaVersion)
        {
            throw _directory.Failure(
                Rules.ImageUnsupported,
                $"its config has schema version {config.SchemaVersion}, this SDK reads {ImageConfig.CurrentSchemaVersion}: bake it again "
                + $"with this SDK");
        }

        CheckText(config);
        MemoryMap map = Recompute(config);
        SharedFile memory = ImageMemory.Open(_directory, manifest.Layers[0]!, config.Stored, map, verifyContent);
        return (config, tagged.Digest, snapshotDigest, map, memory);
    });

    /// <summary>
    /// Finds the digest of the snapshot's manifest; <c>null</c> if the image has no snapshot. The snapshot is read later, because only some
    /// computers can use a snapshot.
    /// </summary>
    private string? FindSnapshot(OciIndex index)
    {
        if (!index.Manifests.Any(manifest => manifest?.Tag == ImageTags.Snapshot))
        {
            return null;
        }

        string digest = _directory.Find(index, ImageTags.Snapshot).Digest;
        return OciLayout.IsDigest(digest)
            ? digest
            : throw _directory.Failure(Rules.ImageMalformed, $"its snapshot has the digest '{digest}', expected is a SHA-256 digest");
    }

    /// <summary>Checks the text that is shown to people or that names files and metrics.</summary>
    private void CheckText(ImageConfig config)
    {
        if (!GuestName.IsValid(config.GuestName))
        {
            throw _directory.Failure(
                Rules.ImageMalformed,
                $"its guest_name is '{config.GuestName}', names have 1 to {GuestName.MaxLength} of the characters A-Z a-z 0-9 _ - ., "
                + $"start with none of - and ., do not end with . and are no device of Windows like con or com1");
        }

        if (!OneLine.IsName(config.SdkVersion))
        {
            throw _directory.Failure(
                Rules.ImageMalformed,
                $"its sdk_version is '{config.SdkVersion}', a version has 1 to {OneLine.MaxNameLength} characters in one line");
        }

        if (!OciLayout.IsHexDigest(config.GuestSha256)
            || (config.GuestBuildId is { } id && (id.Length is 0 or > MaxBuildIdLength || !id.All(char.IsAsciiHexDigitLower))))
        {
            throw _directory.Failure(
                Rules.ImageMalformed,
                $"its guest_sha256 is '{config.GuestSha256}' and its guest_build_id '{config.GuestBuildId}', they have 64 and 1 to "
                + $"{MaxBuildIdLength} lower-case hexadecimal digits");
        }
    }

    /// <summary>Computes the memory map from the layout and the recorded sizes, and compares the map with the recorded one.</summary>
    private MemoryMap Recompute(ImageConfig config)
    {
        GuestLayout profile = GuestLayouts.Find(config.Layout)
            ?? throw _directory.Failure(
                Rules.ImageUnsupported,
                $"its layout is '{config.Layout}', this SDK knows {string.Join(", ", GuestLayouts.All.Select(known => known.Id))}: bake "
                + $"it again with this SDK");

        GuestLayout layout = profile.PlacedAt(config.Regions.FirstOrDefault()?.Gpa ?? profile.SnapshotBase);
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
            throw _directory.Failure(Rules.ImageMapDiffers, $"its region table is not its layout's: {why}");
        }

        if (config.EntryPoint - map.Image.Gva.Value >= map.CodeSize)
        {
            throw _directory.Failure(
                Rules.ImageMalformed,
                $"its entry point 0x{config.EntryPoint:X} lies outside its image ({map.Image.Gva}, 0x{map.CodeSize:X} bytes)");
        }

        return map;
    }
}
