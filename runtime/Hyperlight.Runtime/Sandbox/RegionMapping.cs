using Hyperlight.Memory;

namespace Hyperlight;

/// <summary>
/// A file or a <see cref="SharedRegion"/> that a sandbox shows its guest. Disposing the mapping takes the memory away from the guest. The mapping also ends
/// when a snapshot is restored into the sandbox and when the sandbox is disposed; nobody has to dispose the mapping then. It may be used from any thread.
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

    /// <summary>Gets the number of bytes that are mapped: the size of the file or region, rounded up to whole pages. The bytes behind the end of a file are zero.</summary>
    public long Size { get; }

    /// <summary>
    /// Takes the memory away from the guest. While a call is running, the guest keeps the memory until that call has ended. Disposing a mapping that has
    /// ended does nothing. A <see cref="SharedRegion"/> stays its owner's to dispose.
    /// </summary>
    public void Dispose() => _sandbox.Release(_region);

    /// <inheritdoc/>
    public override string ToString() => $"{_region.Name} at {Address} ({Size} bytes)";
}
