using Hyperlight.Concurrency;

namespace Hyperlight.Memory;

/// <summary>Memory that several sandboxes and snapshots use at once.</summary>
internal sealed class SharedMemory : Shared
{
    private readonly bool _isOwner;

    /// <summary>Creates shared memory, which is freed when its last user has disposed it.</summary>
    /// <param name="memory">The memory, which the new object takes over.</param>
    /// <param name="source">
    /// The file or snapshot that the memory shows, which the new object takes over and keeps as long as the memory; <c>null</c> if the
    /// memory shows neither.
    /// </param>
    public SharedMemory(MappedMemory memory, Shared? source = null)
        : this(memory, source, isOwner: true)
    {
    }

    private SharedMemory(MappedMemory memory, Shared? source, bool isOwner)
    {
        Memory = memory;
        Source = source;
        _isOwner = isOwner;
    }

    /// <summary>Gets the memory, which is valid until the last user disposes this object.</summary>
    public MappedMemory Memory { get; }

    /// <summary>Gets the file or snapshot that the memory shows; <c>null</c> if the memory shows neither.</summary>
    public Shared? Source { get; }

    /// <summary>Creates shared memory that is freed with the file or snapshot that it shows.</summary>
    /// <param name="source">The file or snapshot, which the new object takes over and keeps.</param>
    /// <param name="memory">The memory, which the source frees.</param>
    public static SharedMemory OwnedBy(Shared source, MappedMemory memory) => new(memory, source, isOwner: false);

    /// <summary>Says whether this memory and another show the same bytes, as long as nobody has written to either.</summary>
    public bool ShowsSameAs(SharedMemory other) => ReferenceEquals(this, other) || IsViewOf(other.Source);

    /// <summary>Says whether the memory shows a file or snapshot.</summary>
    public bool IsViewOf(Shared? other) => other is not null && ReferenceEquals(Source, other);

    /// <inheritdoc/>
    protected override void Free()
    {
        if (_isOwner)
        {
            Memory.Dispose();
        }

        Source?.Dispose();
    }
}
