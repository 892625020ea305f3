using Hyperlight.Concurrency;

namespace Hyperlight.Memory;

/// <summary>Memory that several sandboxes and snapshots use at once.</summary>
/// <param name="memory">The memory, which this object takes over.</param>
/// <param name="source">
/// The file or snapshot that the memory shows, which this object takes over and keeps as long as the memory; <c>null</c> if the memory
/// shows neither.
/// </param>
internal sealed class SharedMemory(MappedMemory memory, Shared? source = null) : Shared
{
    /// <summary>Gets the memory, which is valid until the last user disposes this object.</summary>
    public MappedMemory Memory => memory;

    /// <summary>Gets the file or snapshot that the memory shows; <c>null</c> if the memory shows neither.</summary>
    public Shared? Source => source;

    /// <summary>Says whether this memory and another show the same bytes, as long as nobody has written to either.</summary>
    public bool ShowsSameAs(SharedMemory other) => ReferenceEquals(this, other) || IsViewOf(other.Source);

    /// <summary>Says whether the memory shows a file or snapshot.</summary>
    public bool IsViewOf(Shared? other) => other is not null && ReferenceEquals(source, other);

    /// <inheritdoc/>
    protected override void Free()
    {
        memory.Dispose();
        source?.Dispose();
    }
}
