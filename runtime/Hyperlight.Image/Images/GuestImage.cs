using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Hyperlight.Images;
using Hyperlight.Layouts;

namespace Hyperlight;

/// <summary>
/// A baked guest, opened from its directory. It is immutable: any number of sandboxes can be made from it, in parallel. Disposing the image ends
/// nothing that was made from it: sandboxes and pools keep working. It may be used from any thread.
/// </summary>
public sealed class GuestImage : IDisposable
{
    private readonly ImageContent _content;
    private bool _isDisposed;

    private GuestImage(ImageContent content) => _content = content;

    /// <summary>The guest's name.</summary>
    public string Name => Config.GuestName;

    /// <summary>The ABI profile.</summary>
    public GuestLayout Layout => Map.Layout;

    /// <summary>Gets the size of the memory that the image stores, with the page tables, in bytes.</summary>
    public long MemorySize => checked((long)Map.BlobSize);

    /// <summary>Gets the size of the page tables that the image stores, in bytes: 0 for a guest without paging.</summary>
    public long PageTablesSize => checked((long)Map.PageTables.Size);

    /// <summary>Gets the size of the scratch memory of each sandbox, in bytes.</summary>
    public long ScratchSize => checked((long)Map.Scratch.Size);

    /// <summary>Where everything lies in the guest's memory.</summary>
    internal MemoryMap Map => _content.Map;

    /// <summary>The first instruction.</summary>
    public GuestVirtualAddress EntryPoint => _content.EntryPoint;

    /// <summary>Whether the guest has interrupt controllers and a timer.</summary>
    public bool HardwareInterrupts => Map.Sizes.HardwareInterrupts;

    /// <summary>All that the image records about its guest.</summary>
    internal ImageConfig Config => _content.Config;

    /// <summary>The digest of the image's manifest, which covers everything the image is made of: <c>sha256:</c> and 64 hexadecimal digits.</summary>
    public string Digest => _content.Digest;

    /// <summary>
    /// The digest of the manifest of the snapshot that a build took of the guest after its start, null when the image has none. The snapshot is read
    /// when the first sandbox is made.
    /// </summary>
    public string? SnapshotDigest => _content.SnapshotDigest;

    /// <summary>
    /// The digest of everything that the image contains, the snapshot of the build among it: <c>sha256:</c> and 64 hexadecimal digits. Without a snapshot it is <see cref="Digest"/>.
    /// </summary>
    public string ContentDigest => ImagePlace.ContentDigest(Digest, SnapshotDigest);

    /// <summary>The memory blob. Sandboxes may use the blob longer than the image.</summary>
    internal SharedFile File => _content.File;

    /// <summary>The absolute path of the image directory.</summary>
    internal string Directory => _content.Directory;

    /// <summary>How the image was opened.</summary>
    internal GuestImageOptions Options => _content.Options;

    /// <summary>Opens and checks an image.</summary>
    /// <param name="path">The image directory.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>The image; dispose it.</returns>
    /// <exception cref="HyperlightException">
    /// HL3001 to HL3005: there is no usable image. HL3012: its content does not fit into memory. HL3017: it is not the expected one.
    /// </exception>
    public static GuestImage Open(string path, GuestImageOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new();
        (ImageConfig config, string digest, string? snapshotDigest, MemoryMap map, SharedFile memory) = new ImageReader(path).Read(options.VerifyContent, options.ExpectedDigest);
        return new(new ImageContent(Path.GetFullPath(path), options, config, digest, snapshotDigest, map, memory));
    }

    /// <summary>
    /// Opens the image of a guest that the project of an assembly lists as <c>HyperlightGuest</c>, and no other image: the assembly records its digest. The image is in the folder
    /// <c>guests</c> beside the assembly, or beside the program when the assembly is part of a single file or was loaded from somewhere else than its copy.
    /// </summary>
    /// <param name="assembly">The assembly, for example <c>typeof(Program).Assembly</c>.</param>
    /// <param name="name">The guest's name: the <c>Name</c> of its item, which is the name of the ELF file unless set. Case matters.</param>
    /// <param name="options"><c>null</c> for the defaults. Files of the item's <c>FileMappings</c> are shown before those of the options.</param>
    /// <exception cref="HyperlightException">HL3001 to HL3005: there is no usable image. HL3017: it is another image. HL3018: the assembly has no such guest.</exception>
    public static GuestImage Open(Assembly assembly, string name, GuestImageOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        ArgumentException.ThrowIfNullOrEmpty(name);
        options ??= new();
        GuestRecord record = GuestRecord.Find(assembly, name);
        string image = ImagePlace.OfImage(name, record.ContentDigest);
        string folder = FolderOf(assembly);
        // A program may load an assembly from a package's folder while the files of the package are beside the program.
        string root = System.IO.Directory.Exists(Path.Combine(folder, image)) ? folder : AppContext.BaseDirectory;
        string files = Path.Combine(root, ImagePlace.OfFiles(assembly.GetName().Name!, name));
        return Open(Path.Combine(root, image), options with
        {
            ExpectedDigest = options.ExpectedDigest ?? record.ContentDigest,
            Files = [.. record.Files.Select(file => new MappedFile(Path.Combine(files, file.Label), new(file.Address), file.Label)), .. options.Files],
        });
    }

    /// <summary>Gives the image back. No sandbox can be made from this object any more; the memory blob is closed when nothing uses it.</summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            _content.Dispose();
        }
    }

    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "The empty location of an assembly in a single file is handled.")]
    private static string FolderOf(Assembly assembly) => assembly.Location is { Length: > 0 } location ? Path.GetDirectoryName(location)! : AppContext.BaseDirectory;

    /// <summary>Another handle of the image, which its owner disposes.</summary>
    /// <exception cref="ObjectDisposedException">The image is disposed.</exception>
    internal GuestImage Share() => new(Hold());

    /// <summary>Adds a user of the content, who disposes it.</summary>
    /// <exception cref="ObjectDisposedException">The image is disposed.</exception>
    internal ImageContent Hold()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) || !_content.TryShare(), this);
        return _content;
    }
}
