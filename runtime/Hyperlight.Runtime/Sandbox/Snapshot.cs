using Hyperlight.Concurrency;
using Hyperlight.Diagnostics;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Snapshots;
using Hyperlight.Snapshots.Formats;
using Hyperlight.Telemetry;

namespace Hyperlight;

/// <summary>
/// The state of a guest between two calls. A snapshot is immutable: any number of sandboxes can be created from it or restored to it, from
/// any thread. All of them share the memory of the snapshot, and the snapshot shares memory with the image. A caller that receives a
/// snapshot disposes it. The memory is freed when nothing uses it any more.
/// </summary>
/// <example>
/// <code>
/// using Sandbox sandbox = Guests.Hello.CreateSandbox();
/// sandbox.Call("WarmUp");
/// using Snapshot warm = sandbox.TakeSnapshot();
/// warm.Save("snapshots/hello", "warm");
///
/// // In this process or another one: any number of sandboxes in which the warm-up has run.
/// using Snapshot loaded = Snapshot.Load("snapshots/hello", "warm");
/// using Sandbox copy = loaded.CreateSandbox();
/// </code>
/// </example>
public sealed class Snapshot : IDisposable
{
    private readonly SnapshotContent _content;
    private bool _isDisposed;

    /// <summary>Creates a handle of a content. The caller's use of the content is taken over.</summary>
    internal Snapshot(SnapshotContent content) => _content = content;

    /// <summary>Gets the name of the guest.</summary>
    public string GuestName => _content.GuestName;

    /// <summary>Gets the layout of the guest's memory.</summary>
    public GuestLayout Layout => _content.Map.Layout;

    /// <summary>
    /// Gets the <see cref="GuestImage.Digest"/> of the image that the guest was started from, or <c>null</c> if the digest is not known. If
    /// the image of the guest has another digest now, the snapshot is out of date.
    /// </summary>
    public string? ImageDigest => _content.ImageDigest;

    /// <summary>
    /// Gets how many snapshots the guest has been through, this one included. After a restore the guest can read the number.
    /// </summary>
    public long Generation => checked((long)_content.Generation);

    /// <summary>
    /// Gets how many bytes of host memory the snapshot takes, without the memory that it shares with its image or file and with earlier
    /// snapshots of the same sandbox.
    /// </summary>
    public long Size => checked((long)_content.Memory.Size);

    /// <summary>The guest's memory as the guest started.</summary>
    internal MemoryMap Map => _content.Map;

    /// <summary>The content that all handles of this state share.</summary>
    internal SnapshotContent Content => _content;

    /// <summary>
    /// Loads a snapshot that was saved. The files may change afterwards, unless <see cref="SnapshotLoadOptions.VerifyContent"/> is
    /// <c>false</c>.
    /// </summary>
    /// <param name="path">The path of the directory.</param>
    /// <param name="reference">
    /// The tag of the snapshot, or the digest that <see cref="Save(string, string, CancellationToken)"/> returned. A text with a colon is a
    /// digest.
    /// </param>
    /// <param name="configure">Sets the options; <c>null</c> for the defaults.</param>
    /// <param name="cancellationToken">Stops the reading of the snapshot's content.</param>
    /// <returns>The snapshot; dispose it.</returns>
    /// <exception cref="ArgumentException">The path or reference is empty.</exception>
    /// <exception cref="HyperlightException">
    /// HL3001 to HL3005, HL3009: there is no usable snapshot. HL3012: the content does not fit into memory. HL3007: the snapshot is of
    /// the processor of another vendor, or is bound to another hypervisor.
    /// </exception>
    /// <exception cref="HypervisorException">There is no usable hypervisor, or no room for another virtual machine.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Snapshot Load(
        string path, string reference, Action<SnapshotLoadOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(reference);
        cancellationToken.ThrowIfCancellationRequested();
        SnapshotLoadOptions options = new();
        configure?.Invoke(options);
        return new(SnapshotFile.Load(path, reference, options.VerifyContent, Hypervisor.Chosen, symbols: null, cancellationToken));
    }

    /// <summary>
    /// Loads a snapshot that was saved, on a thread of its own, which also sets the options. The files may change afterwards, unless
    /// <see cref="SnapshotLoadOptions.VerifyContent"/> is <c>false</c>.
    /// </summary>
    /// <inheritdoc cref="Load"/>
    public static Task<Snapshot> LoadAsync(
        string path, string reference, Action<SnapshotLoadOptions>? configure = null, CancellationToken cancellationToken = default) =>
        BackgroundThread.RunAsync($"load of {path}", () => Load(path, reference, configure, cancellationToken), cancellationToken);

    /// <summary>
    /// Saves the snapshot in an OCI image layout directory, in which each tag is a snapshot or an image. The format is upstream's if
    /// upstream has one for the guest, and otherwise our own. If a save is interrupted, the directory keeps its earlier content. New files
    /// and folders can be used by their owner alone, because a snapshot contains everything that its guest knew.
    /// </summary>
    /// <param name="path">The path of the directory, which is created if it is missing. One writer at a time.</param>
    /// <param name="tag">
    /// The name of the snapshot in the directory: up to 128 letters, digits, <c>_</c>, <c>.</c> and <c>-</c>. Other tags stay as they are.
    /// </param>
    /// <param name="cancellationToken">Stops the writing of the snapshot's content.</param>
    /// <returns>The digest that names exactly this snapshot: <c>sha256:</c> and 64 hexadecimal digits.</returns>
    /// <exception cref="ArgumentException">The tag has other characters, or is <c>initial</c>, the tag of an image.</exception>
    /// <exception cref="HyperlightException">
    /// HL3001, HL3002, HL3004: the directory holds something else. HL3006: a file cannot be written. HL3008: the format cannot express the
    /// snapshot. HL3013: the snapshot is a view of a file that was changed.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The snapshot is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public string Save(string path, string tag, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tag);
        if (!OciLayout.IsTag(tag) || tag == ImageTags.Initial)
        {
            throw new ArgumentException(
                $"'{OneLine.Of(tag)}' cannot be a snapshot's tag: a tag has up to 128 letters, digits, '_', '.' and '-', "
                + $"and does not begin with '.' or '-'; '{ImageTags.Initial}' is the tag of an image.",
                nameof(tag));
        }

        cancellationToken.ThrowIfCancellationRequested();
        return Save(new SnapshotWriter(path, cancellationToken), tag);
    }

    /// <summary>
    /// Saves the snapshot on a thread of its own. The snapshot may be disposed as soon as this method has returned.
    /// </summary>
    /// <inheritdoc cref="Save(string, string, CancellationToken)"/>
    public Task<string> SaveAsync(string path, string tag, CancellationToken cancellationToken = default) =>
        BackgroundThread.RunAsync($"save of {GuestName}", Share(), held => held.Save(path, tag, cancellationToken), cancellationToken);

    /// <summary>Saves the snapshot with a writer.</summary>
    internal string Save(SnapshotWriter writer, string tag)
    {
        using SnapshotContent content = Hold();
        return SnapshotFile.Save(content, writer, tag);
    }

    /// <summary>
    /// Creates a sandbox that continues where the snapshot was taken. No code of the guest runs: its initialisation is over. The random
    /// numbers and the log level that the guest was given at its start are those of the first sandbox.
    /// </summary>
    /// <param name="configure">
    /// Sets the options; <c>null</c> for the defaults. The host functions that the snapshot's sandbox had must be added.
    /// </param>
    /// <param name="cancellationToken">Keeps the sandbox from being created.</param>
    /// <returns>A sandbox whose functions can be called; dispose it.</returns>
    /// <exception cref="SnapshotMismatchException">Host functions are missing or differ.</exception>
    /// <exception cref="HypervisorException">There is no usable hypervisor, or no room for another virtual machine.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The snapshot is disposed.</exception>
    public Sandbox CreateSandbox(Action<SandboxOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        SandboxOptions options = new();
        configure?.Invoke(options);
        Operation start = Operation.Start(GuestName, Tags.Snapshot);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            using SnapshotContent content = Hold();
            Sandbox sandbox = Sandbox.Resume(content, options);
            start.End(failure: null);
            return sandbox;
        }
        catch (Exception exception)
        {
            start.End(exception);
            throw;
        }
    }

    /// <summary>Creates a sandbox on a thread of its own. The snapshot may be disposed as soon as this method has returned.</summary>
    /// <inheritdoc cref="CreateSandbox"/>
    public Task<Sandbox> CreateSandboxAsync(Action<SandboxOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        Snapshot snapshot = Share();
        return BackgroundThread.RunAsync(
            $"start of {GuestName}", snapshot, held => held.CreateSandbox(configure, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Frees the snapshot. Nothing can be created from this object any more. The memory is freed when nothing uses it any more: sandboxes
    /// and pools that were created from the snapshot or restored to it keep working.
    /// </summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            _content.Dispose();
        }
    }

    /// <summary>Creates another handle of the snapshot, which its owner disposes.</summary>
    /// <exception cref="ObjectDisposedException">The snapshot is disposed.</exception>
    internal Snapshot Share() => new(Hold());

    /// <summary>Adds a user of the content. The user disposes the content.</summary>
    /// <exception cref="ObjectDisposedException">The snapshot is disposed.</exception>
    internal SnapshotContent Hold()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) || !_content.TryShare(), this);
        return _content;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GuestName}, snapshot {Generation} ({ByteSize.ToText(_content.Memory.Size)})";
}
