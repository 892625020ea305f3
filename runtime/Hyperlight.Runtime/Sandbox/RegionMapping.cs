using Hyperlight.Memory;

namespace Hyperlight;

/// <summary>
/// A file or a <see cref="SharedRegion"/> that is mapped into a guest's memory. Disposing the mapping unmaps the memory. A mapping also
/// ends when a snapshot is restored into the sandbox and when the sandbox is disposed. Such a mapping need not be disposed. Any thread may
/// use a mapping.
/// </summary>
public sealed class RegionMapping : IDisposable
{
    private readonly Sandbox _sandbox;
    private readonly MappedRegion _region;

    internal RegionMapping(Sandbox sandbox, MappedRegion region)
    {
        _sandbox = sandbox;
        _region = region;
        Size = (long)region.Shared.Memory.Size;
    }

    /// <summary>Gets the guest-physical address of the first byte.</summary>
    public GuestPhysicalAddress Address => _region.Gpa;

    /// <summary>
    /// Gets the number of bytes that are mapped: the size of the file or region, rounded up to whole pages of 4096 bytes. The bytes behind
    /// the end of a file are zero.
    /// </summary>
    public long Size { get; }

    /// <summary>
    /// Unmaps the memory. If a call is running, the guest keeps the memory until the call has ended. Disposing a mapping that has ended
    /// does nothing. A <see cref="SharedRegion"/> is not disposed: its owner does that.
    /// </summary>
    public void Dispose() => _sandbox.Release(_region);

    /// <inheritdoc/>
    public override string ToString() => $"{_region.Name} at {Address} ({Size} bytes)";
}
