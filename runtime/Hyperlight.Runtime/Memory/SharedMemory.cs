namespace Hyperlight.Memory;

/// <summary>Memory that several sandboxes and snapshots use at once. Each of them disposes it; the last one frees it.</summary>
/// <param name="memory">The memory, taken over. The creator is its first user.</param>
/// <param name="source">What the memory shows, for comparing: the file it is a view of. Null when it is the only one of its kind.</param>
internal sealed class SharedMemory(MappedMemory memory, object? source = null) : IDisposable
{
    private int _users = 1;

    /// <summary>The memory, valid until the last user disposes it.</summary>
    public MappedMemory Memory => memory;

    /// <summary>Adds a user.</summary>
    /// <returns>Whether that was possible: the last one may have been faster to go.</returns>
    public bool TryShare()
    {
        int users = Volatile.Read(ref _users);
        while (users > 0)
        {
            int before = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (before == users)
            {
                return true;
            }

            users = before;
        }

        return false;
    }

    /// <summary>Whether both show the same bytes, as long as nobody has written to them.</summary>
    public bool ShowsSameAs(SharedMemory other) => ReferenceEquals(this, other) || IsViewOf(other.Source);

    /// <summary>Whether this is a view of a file.</summary>
    public bool IsViewOf(object? file) => file is not null && ReferenceEquals(Source, file);

    /// <summary>Removes a user.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            memory.Dispose();
        }
    }

    private object? Source => source;
}
