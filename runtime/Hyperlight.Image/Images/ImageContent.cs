using System.Collections.Immutable;
using Hyperlight.Concurrency;
using Hyperlight.Layouts;

namespace Hyperlight.Images;

/// <summary>The content of an opened image: one object for all handles of the image, freed when the last user has gone.</summary>
/// <param name="directory">The absolute path of the image directory.</param>
/// <param name="verifyContent">Whether content is compared with its digest.</param>
/// <param name="files">The files that every sandbox of the image shows its guest.</param>
/// <param name="config">All that the image records about its guest.</param>
/// <param name="digest">The digest of the image's manifest.</param>
/// <param name="snapshotDigest">The digest of the manifest of the image's snapshot, null when the image has none.</param>
/// <param name="map">Where everything lies in the guest's memory.</param>
/// <param name="file">The memory blob, taken over.</param>
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

    /// <summary>The absolute path of the image directory.</summary>
    public string Directory => directory;

    /// <summary>Gets whether content is compared with its digest.</summary>
    public bool VerifyContent => verifyContent;

    /// <summary>Gets the files that every sandbox of the image shows its guest.</summary>
    public ImmutableArray<MappedFile> Files => files;

    /// <summary>All that the image records about its guest.</summary>
    public ImageConfig Config => config;

    /// <summary>The digest of the image's manifest.</summary>
    public string Digest => digest;

    /// <summary>The digest of the manifest of the image's snapshot, null when the image has none.</summary>
    public string? SnapshotDigest => snapshotDigest;

    /// <summary>Where everything lies in the guest's memory.</summary>
    public MemoryMap Map => map;

    /// <summary>The memory blob. Sandboxes may use the blob longer than the image.</summary>
    public SharedFile File => file;

    /// <summary>The first instruction.</summary>
    public GuestVirtualAddress EntryPoint => new(config.EntryPoint);

    /// <summary>Has something freed together with the image. The caller is a user of the image meanwhile.</summary>
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
