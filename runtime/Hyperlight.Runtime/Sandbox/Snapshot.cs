using Hyperlight.Diagnostics;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Snapshots;
using Hyperlight.Snapshots.Formats;
using Hyperlight.Telemetry;

namespace Hyperlight;

/// <summary>
/// The state of a guest between two calls. It never changes: any number of sandboxes can be made from it or set back to it, from any threads. All of
/// them share its memory, and most of that with the image. Each object is its owner's own: disposing it ends nothing that others use, also where
/// two objects are the same state, and frees what nobody uses any more.
/// </summary>
public sealed class Snapshot : IDisposable
{
    private readonly SnapshotContent _content;
    private bool _isDisposed;

    /// <summary>A handle of a content. The creator's use of the content becomes the handle's.</summary>
    internal Snapshot(SnapshotContent content) => _content = content;

    /// <summary>The guest's name.</summary>
    public string GuestName => _content.GuestName;

    /// <summary>
    /// The <see cref="GuestImage.Digest"/> of the image that the guest was started from, null when it is not known. A snapshot is out of date when its
    /// guest's image has another one now.
    /// </summary>
    public string? ImageDigest => _content.ImageDigest;

    /// <summary>How many snapshots the guest has been through, this one included. The guest can read the number after a restore.</summary>
    public ulong Generation => _content.Generation;

    /// <summary>Bytes of host memory it takes, beside what it shares with its image or file and with earlier snapshots of the same sandbox.</summary>
    public ulong Size => _content.Memory.Size;

    /// <summary>Where everything lay in the guest's memory when it started.</summary>
    internal MemoryMap Map => _content.Map;

    /// <summary>The content that all handles of this state share.</summary>
    internal SnapshotContent Content => _content;

    /// <summary>Loads a snapshot that was saved. Unless <see cref="SnapshotLoadOptions.VerifyContent"/> is off, the files may change afterwards.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="reference">The tag, or the digest that <see cref="Save(string, string)"/> returned: what has a colon is a digest.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>The snapshot; dispose it.</returns>
    /// <exception cref="HyperlightException">
    /// HL3001 to HL3005, HL3009: there is no usable snapshot. HL3012: its content does not fit into memory. HL3007: it was made with another hypervisor or another processor vendor's processor.
    /// </exception>
    /// <exception cref="HypervisorException">There is no usable hypervisor.</exception>
    public static Snapshot Load(string path, string reference, SnapshotLoadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(reference);
        return new(SnapshotFile.Load(path, reference, (options ?? new()).VerifyContent, Hypervisor.Chosen));
    }

    /// <summary>
    /// Saves the snapshot, in upstream's format where there is one for its guest, else in our own: an OCI image layout directory, in which each tag is a snapshot or an image. When this is interrupted, the
    /// directory holds what it held before. New files and folders are for their owner alone: a snapshot has all that its guest knew.
    /// </summary>
    /// <param name="path">The directory, created when missing. One writer at a time.</param>
    /// <param name="tag">The snapshot's name there: up to 128 letters, digits, <c>_</c>, <c>.</c> and <c>-</c>. Other tags stay as they are.</param>
    /// <returns>The digest that names exactly this snapshot, <c>sha256:</c> and 64 hexadecimal digits.</returns>
    /// <exception cref="ArgumentException">There can be no such tag, or <c>initial</c>, which is an image's.</exception>
    /// <exception cref="HyperlightException">
    /// HL3001, HL3002, HL3004: the directory holds something else. HL3006: a file cannot be written. HL3008: the format cannot say what the snapshot is. HL3013: it is a view of a file that was changed.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The snapshot is disposed.</exception>
    public string Save(string path, string tag)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tag);
        if (!OciLayout.IsTag(tag) || tag == OciLayout.InitialTag)
        {
            throw new ArgumentException(
                $"'{OneLine.Of(tag)}' cannot be a snapshot's tag: up to 128 letters, digits, '_', '.' and '-', neither of the last two in front; '{OciLayout.InitialTag}' is an image's.",
                nameof(tag));
        }

        return Save(new SnapshotWriter(path), tag);
    }

    /// <summary>Saves the snapshot where a writer writes.</summary>
    internal string Save(SnapshotWriter writer, string tag)
    {
        using SnapshotContent content = Hold();
        return SnapshotFile.Save(content, writer, tag);
    }

    /// <summary>
    /// Creates a sandbox that goes on where the snapshot was taken. No code of the guest runs for that: its initialisation is over, and random
    /// numbers and a log level that it was given then are those of the first sandbox.
    /// </summary>
    /// <param name="configure">Sets the options, null for the defaults. It must add the host functions that the snapshot's sandbox had.</param>
    /// <returns>A sandbox whose functions can be called; dispose it.</returns>
    /// <exception cref="SnapshotMismatchException">Host functions are missing or differ.</exception>
    /// <exception cref="HypervisorException">There is no usable hypervisor.</exception>
    /// <exception cref="ObjectDisposedException">The snapshot is disposed.</exception>
    public Sandbox CreateSandbox(Action<SandboxOptions>? configure = null)
    {
        SandboxOptions options = new();
        configure?.Invoke(options);
        Operation start = Operation.Start(GuestName, Tags.Snapshot);
        try
        {
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

    /// <summary>
    /// Gives the snapshot back. Nothing can be made from this object any more; its memory is freed when nothing uses it. Sandboxes and pools that were
    /// made from it or set back to it keep working.
    /// </summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            _content.Dispose();
        }
    }

    /// <summary>Another handle of the snapshot, which its owner disposes.</summary>
    /// <exception cref="ObjectDisposedException">The snapshot is disposed.</exception>
    internal Snapshot Share() => new(Hold());

    /// <summary>Adds a user of the content, who disposes it.</summary>
    /// <exception cref="ObjectDisposedException">The snapshot is disposed.</exception>
    internal SnapshotContent Hold()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) || !_content.TryShare(), this);
        return _content;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GuestName}, snapshot {Generation} ({ByteSize.ToText(Size)})";
}
