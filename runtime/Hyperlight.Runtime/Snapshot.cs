using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Snapshots;
using Hyperlight.Telemetry;

namespace Hyperlight;

/// <summary>
/// The state of a guest between two calls. It never changes: any number of sandboxes can be made from it or set back to it, from any threads. All of
/// them share its memory, and most of that with the image. Disposing it frees what no sandbox uses.
/// </summary>
public sealed class Snapshot : IDisposable
{
    private volatile bool _isDisposed;
    private int _disposals;

    internal Snapshot(
        GuestOrigin origin,
        ulong generation,
        MemoryMap map,
        SnapshotMemory memory,
        ProcessorState processor,
        GeneralRegisters callRegisters,
        ImmutableSortedDictionary<string, HostFunctionSignature> hostFunctions,
        ImmutableArray<uint> allowedMsrs)
    {
        Origin = origin;
        Generation = generation;
        Map = map;
        Memory = memory;
        Processor = processor;
        CallRegisters = callRegisters;
        HostFunctions = hostFunctions;
        AllowedMsrs = allowedMsrs;
    }

    /// <summary>The guest's name.</summary>
    public string GuestName => Origin.Name;

    /// <summary>
    /// The <see cref="GuestImage.Digest"/> of the image that the guest was started from, null when it is not known. A snapshot is out of date when its
    /// guest's image has another one now.
    /// </summary>
    public string? ImageDigest => Origin.ImageDigest;

    /// <summary>How many snapshots the guest has been through, this one included. The guest can read the number after a restore.</summary>
    public ulong Generation { get; }

    /// <summary>Bytes of host memory it takes, beside what it shares with its image or file and with earlier snapshots of the same sandbox.</summary>
    public ulong Size => Memory.Size;

    /// <summary>Where everything lay in the guest's memory when it started.</summary>
    public MemoryMap Map { get; }

    internal GuestOrigin Origin { get; }

    internal SnapshotMemory Memory { get; }

    internal ProcessorState Processor { get; }

    /// <summary>Whether a processor has had its registers, which means that every other of this machine can.</summary>
    internal bool IsAccepted { get; set; }

    internal GeneralRegisters CallRegisters { get; }

    internal ImmutableSortedDictionary<string, HostFunctionSignature> HostFunctions { get; }

    internal ImmutableArray<uint> AllowedMsrs { get; }

    internal bool IsDisposed => _isDisposed;

    /// <summary>Loads a snapshot that was saved. Its memory is a view of the file, which must not be changed while it is in use.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="reference">The tag, or the digest that <see cref="Save"/> returned: what has a colon is a digest.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>The snapshot; dispose it.</returns>
    /// <exception cref="HyperlightException">
    /// HL3001 to HL3005, HL3009: there is no usable snapshot. HL3007: it was made with another hypervisor or another processor vendor's processor.
    /// </exception>
    /// <exception cref="HypervisorException">There is no usable hypervisor.</exception>
    public static Snapshot Load(string path, string reference, SnapshotLoadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(reference);
        return SnapshotFile.Load(path, reference, (options ?? new()).VerifyContent);
    }

    /// <summary>
    /// Saves the snapshot, in upstream's format where there is one for its guest, else in our own: an OCI image layout directory, in which each tag is a snapshot or an image. When this is interrupted, the
    /// directory holds what it held before.
    /// </summary>
    /// <param name="path">The directory, created when missing. One writer at a time.</param>
    /// <param name="tag">The snapshot's name there: up to 128 letters, digits, <c>_</c>, <c>.</c> and <c>-</c>. Other tags stay as they are.</param>
    /// <returns>The digest that names exactly this snapshot, <c>sha256:</c> and 64 hexadecimal digits.</returns>
    /// <exception cref="ArgumentException">There can be no such tag, or <c>initial</c>, which is an image's.</exception>
    /// <exception cref="HyperlightException">
    /// HL3001, HL3002, HL3004: the directory holds something else. HL3006: a file cannot be written. HL3008: the format cannot say what the snapshot is.
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

        using IDisposable hold = Hold();
        return SnapshotFile.Save(this, path, tag);
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
            using IDisposable hold = Hold();
            Sandbox sandbox = new(this, options);
            start.Succeed();
            return sandbox;
        }
        catch (Exception exception)
        {
            start.Fail(exception);
            throw;
        }
    }

    /// <summary>Frees the memory that no sandbox uses. Sandboxes that were made from it or set back to it keep working.</summary>
    public void Dispose()
    {
        if (Interlocked.Increment(ref _disposals) == 1)
        {
            _isDisposed = true;
            Memory.Dispose();
        }
    }

    /// <summary>Keeps the memory until the result is disposed, whoever disposes the snapshot meanwhile.</summary>
    /// <exception cref="ObjectDisposedException">The snapshot is disposed.</exception>
    internal IDisposable Hold()
    {
        ObjectDisposedException.ThrowIf(_isDisposed || !Memory.TryShare(), this);
        return Memory;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GuestName}, snapshot {Generation} ({ByteSize.ToText(Size)})";
}
