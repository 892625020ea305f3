using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Hyperlight.Concurrency;
using Hyperlight.Files;
using Hyperlight.Images;
using Hyperlight.Layouts;

namespace Hyperlight;

/// <summary>
/// A baked guest, opened from its directory. An image is immutable: any number of sandboxes can be created from it, in parallel and from
/// any thread. Disposing the image does not end what was created from it: sandboxes and pools keep working.
/// </summary>
/// <example>
/// <code>
/// // The image of the guest that the project lists as guests/hello.elf.
/// using GuestImage image = GuestImage.Open(typeof(Program).Assembly, "hello");
/// using Sandbox sandbox = image.CreateSandbox(options =&gt; options.CallTimeout = TimeSpan.FromSeconds(1));
/// Console.WriteLine(sandbox.Call&lt;string&gt;("SayHello", "World"));
/// </code>
/// </example>
public sealed class GuestImage : IDisposable
{
    private readonly ImageContent _content;
    private bool _isDisposed;

    private GuestImage(ImageContent content) => _content = content;

    /// <summary>Gets the name of the guest.</summary>
    public string Name => Config.GuestName;

    /// <summary>Gets the layout of the guest's memory.</summary>
    public GuestLayout Layout => Map.Layout;

    /// <summary>Gets the size of the memory that the image stores, with the page tables, in bytes.</summary>
    public long MemorySize => checked((long)Map.BlobSize);

    /// <summary>Gets the size of the page tables that the image stores, in bytes: 0 for a guest without paging.</summary>
    public long PageTablesSize => checked((long)Map.PageTables.Size);

    /// <summary>Gets the size of the scratch memory of each sandbox, in bytes.</summary>
    public long ScratchSize => checked((long)Map.Scratch.Size);

    /// <summary>Gets whether the guest has interrupt controllers and a timer.</summary>
    public bool HardwareInterrupts => Map.Sizes.HardwareInterrupts;

    /// <summary>
    /// Gets the digest of the image's manifest, which covers everything that the image consists of except the snapshot of a build:
    /// <c>sha256:</c> and 64 hexadecimal digits.
    /// </summary>
    public string Digest => _content.Digest;

    /// <summary>
    /// Gets the digest of the manifest of the snapshot that a build took of the guest after its start, or <c>null</c> if the image has no
    /// snapshot. The snapshot is read when the first sandbox is created.
    /// </summary>
    public string? SnapshotDigest => _content.SnapshotDigest;

    /// <summary>
    /// Gets the digest of everything that the image consists of, with the snapshot of a build: <c>sha256:</c> and 64 hexadecimal digits. If
    /// the image has no snapshot, the digest is <see cref="Digest"/>.
    /// </summary>
    public string ContentDigest => ImagePlace.ContentDigest(Digest, SnapshotDigest);

    /// <summary>Gets the map of the guest's memory.</summary>
    internal MemoryMap Map => _content.Map;

    /// <summary>Gets the address of the guest's first instruction.</summary>
    internal GuestVirtualAddress EntryPoint => _content.EntryPoint;

    /// <summary>Gets the config of the image.</summary>
    internal ImageConfig Config => _content.Config;

    /// <summary>Gets the memory blob. Sandboxes may use the blob longer than the image.</summary>
    internal SharedFile File => _content.File;

    /// <summary>Gets the absolute path of the image directory.</summary>
    internal string Directory => _content.Directory;

    /// <summary>Gets the files that every sandbox of the image shows its guest.</summary>
    internal ImmutableArray<MappedFile> Files => _content.Files;

#pragma warning disable RS0026 // No call fits both overloads, because the first argument is a path or an assembly.
    /// <summary>Opens and checks an image.</summary>
    /// <param name="path">The path of the image directory.</param>
    /// <param name="configure">Sets the options; <c>null</c> for the defaults.</param>
    /// <param name="cancellationToken">Stops the reading of the image's content.</param>
    /// <returns>The image; dispose it.</returns>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="HyperlightException">
    /// HL3001 to HL3005: there is no usable image. HL3012: the content does not fit into memory. HL3017: the image is not the expected
    /// image.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static GuestImage Open(string path, Action<GuestImageOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        GuestImageOptions options = new();
        configure?.Invoke(options);
        return Open(path, options, cancellationToken);
    }

    /// <summary>Opens and checks an image on a thread of its own, which also sets the options.</summary>
    /// <inheritdoc cref="Open(string, Action{GuestImageOptions}, CancellationToken)"/>
    public static Task<GuestImage> OpenAsync(
        string path, Action<GuestImageOptions>? configure = null, CancellationToken cancellationToken = default) =>
        BackgroundThread.RunAsync($"opening of {path}", () => Open(path, configure, cancellationToken), cancellationToken);

    /// <summary>
    /// Opens the image of a guest that the project of an assembly lists as <c>HyperlightGuest</c>. The assembly records the digest of the
    /// image, and no other image is opened. The image is in the folder <c>guests</c> beside the assembly, or beside the program if the
    /// assembly is part of a single file or was loaded from another place than its copy.
    /// </summary>
    /// <param name="assembly">The assembly, for example <c>typeof(Program).Assembly</c>.</param>
    /// <param name="name">
    /// The name of the guest: the <c>Name</c> of its item, which is the name of the ELF file by default. Upper and lower case differ.
    /// </param>
    /// <param name="configure">
    /// Sets the options; <c>null</c> for the defaults. The files of the item's <c>FileMappings</c> are mapped before those of the options.
    /// </param>
    /// <param name="cancellationToken">Stops the reading of the image's content.</param>
    /// <returns>The image; dispose it.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="HyperlightException">
    /// HL3001 to HL3005: there is no usable image. HL3012: the content does not fit into memory. HL3017: the image is not the recorded
    /// image. HL3018: the assembly has no such guest.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static GuestImage Open(
        Assembly assembly, string name, Action<GuestImageOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        ArgumentException.ThrowIfNullOrEmpty(name);
        GuestRecord record = GuestRecord.Find(assembly, name);
        string image = ImagePlace.OfImage(name, record.ContentDigest);
        string folder = FolderOf(assembly);

        // A program may load an assembly from a package's folder while the files of the package are beside the program.
        string root = System.IO.Directory.Exists(Path.Combine(folder, image)) ? folder : AppContext.BaseDirectory;
        string files = Path.GetFullPath(ImagePlace.OfFiles(assembly.GetName().Name!, name), root);
        GuestImageOptions options = new();
        foreach ((string label, ulong address) in record.Files)
        {
            options.Files.Add(new(Path.Combine(files, label), new(address), label));
        }

        configure?.Invoke(options);
        options.ExpectedDigest ??= record.ContentDigest;
        return Open(Path.GetFullPath(image, root), options, cancellationToken);
    }

    /// <summary>
    /// Opens the image of a guest that the project of an assembly lists as <c>HyperlightGuest</c>, on a thread of its own, which also sets
    /// the options.
    /// </summary>
    /// <inheritdoc cref="Open(Assembly, string, Action{GuestImageOptions}, CancellationToken)"/>
    public static Task<GuestImage> OpenAsync(
        Assembly assembly, string name, Action<GuestImageOptions>? configure = null, CancellationToken cancellationToken = default) =>
        BackgroundThread.RunAsync($"opening of {name}", () => Open(assembly, name, configure, cancellationToken), cancellationToken);

#pragma warning restore RS0026

    /// <summary>
    /// Frees the image. No sandbox can be created from this object any more. The content is freed when nothing uses it any more.
    /// </summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            _content.Dispose();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Layout.Id})";

    private static GuestImage Open(string path, GuestImageOptions options, CancellationToken cancellationToken)
    {
        (ImageConfig config, string digest, string? snapshotDigest, MemoryMap map, SharedFile memory) =
            new ImageReader(path, cancellationToken).Read(options.VerifyContent, options.ExpectedDigest);
        return new(new ImageContent(
            Path.GetFullPath(path), options.VerifyContent, [.. options.Files], config, digest, snapshotDigest, map, memory));
    }

    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "The empty location of an assembly in a single file is handled.")]
    private static string FolderOf(Assembly assembly) =>
        assembly.Location is { Length: > 0 } location ? Path.GetDirectoryName(location)! : AppContext.BaseDirectory;

    /// <summary>Creates another handle of the image, which its owner disposes.</summary>
    /// <exception cref="ObjectDisposedException">The image is disposed.</exception>
    internal GuestImage Share() => new(Hold());

    /// <summary>Adds a user of the content. The user disposes the content.</summary>
    /// <exception cref="ObjectDisposedException">The image is disposed.</exception>
    internal ImageContent Hold()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) || !_content.TryShare(), this);
        return _content;
    }
}
