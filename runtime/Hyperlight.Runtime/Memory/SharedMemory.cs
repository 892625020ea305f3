using Hyperlight.Concurrency;

namespace Hyperlight.Memory;

/// <summary>Memory that several sandboxes and snapshots use at once.</summary>
/// <param name="memory">The memory, taken over.</param>
/// <param name="source">What the memory is a view of, taken over: it is there as long as the memory. Null when it is the only one of its kind.</param>
internal sealed class SharedMemory(MappedMemory memory, Shared? source = null) : Shared
{
    /// <summary>The memory, valid until the last user disposes it.</summary>
    public MappedMemory Memory => memory;

    /// <summary>What the memory is a view of.</summary>
    public Shared? Source => source;

    /// <summary>Whether both show the same bytes, as long as nobody has written to them.</summary>
    public bool ShowsSameAs(SharedMemory other) => ReferenceEquals(this, other) || IsViewOf(other.Source);

    /// <summary>Whether this is a view of it.</summary>
    public bool IsViewOf(Shared? other) => other is not null && ReferenceEquals(source, other);

    /// <inheritdoc/>
    protected override void Free()
    {
        memory.Dispose();
        source?.Dispose();
    }
}
