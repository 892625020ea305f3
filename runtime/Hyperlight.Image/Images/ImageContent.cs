using System.Collections.Immutable;
using Hyperlight.Concurrency;
using Hyperlight.Files;
using Hyperlight.Layouts;
using Hyperlight.Symbols;

namespace Hyperlight.Images;

/// <summary>The content of an opened image. All handles of the image share one object, and the last user frees the object.</summary>
/// <param name="directory">The absolute path of the image directory.</param>
/// <param name="verifyContent">Whether content is compared with its digest.</param>
/// <param name="files">The files that every sandbox of the image shows its guest.</param>
/// <param name="config">The config of the image.</param>
/// <param name="digest">The digest of the image's manifest.</param>
/// <param name="snapshotDigest">The digest of the manifest of the image's snapshot; <c>null</c> if the image has no snapshot.</param>
/// <param name="map">The map of the guest's memory.</param>
/// <param name="file">The memory blob. The content takes ownership of the blob.</param>
internal sealed class ImageContent(
    string directory,
    bool verifyContent,
    ImmutableArray<MappedFile> files,
    ImageConfig config,
    string digest,
    string? snapshotDigest,
    MemoryMap map,
    SharedFile file) : Shared
{
    private readonly SteadyLock _lock = new();
    private readonly List<IDisposable> _additions = [];

    /// <summary>Gets the absolute path of the image directory.</summary>
    public string Directory => directory;

    /// <summary>Gets whether content is compared with its digest.</summary>
    public bool VerifyContent => verifyContent;

    /// <summary>Gets the files that every sandbox of the image shows its guest.</summary>
    public ImmutableArray<MappedFile> Files => files;

    /// <summary>Gets the config of the image.</summary>
    public ImageConfig Config => config;

    /// <summary>Gets the digest of the image's manifest.</summary>
    public string Digest => digest;

    /// <summary>Gets the digest of the manifest of the image's snapshot; <c>null</c> if the image has no snapshot.</summary>
    public string? SnapshotDigest => snapshotDigest;

    /// <summary>Gets the map of the guest's memory.</summary>
    public MemoryMap Map => map;

    /// <summary>Gets the memory blob. Sandboxes may use the blob longer than the image.</summary>
    public SharedFile File => file;

    /// <summary>Gets the address of the guest's first instruction.</summary>
    public GuestVirtualAddress EntryPoint => new(config.EntryPoint);

    /// <summary>Gets the source map of the guest. Sandboxes may use the map longer than the image.</summary>
    public ImageSymbols Symbols { get; } = new(directory, config.GuestSha256);

    /// <summary>Adds an object that is freed together with the image. The caller must be a user of the image.</summary>
    public void FreeWith(IDisposable addition)
    {
        using (_lock.Enter())
        {
            _additions.Add(addition);
        }
    }

    /// <inheritdoc/>
    protected override void Free()
    {
        file.Dispose();
        _additions.ForEach(addition => addition.Dispose());
    }
}
