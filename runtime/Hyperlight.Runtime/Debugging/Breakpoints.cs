namespace Hyperlight.Debugging;

/// <summary>
/// The breakpoints and watchpoints of a debugger. They are compared with the guest after each of its instructions, and change neither the
/// memory nor the debug registers of the guest: a snapshot never has a breakpoint, and no other sandbox sees one.
/// </summary>
internal sealed class Breakpoints
{
    /// <summary>The greatest number of bytes of a watchpoint.</summary>
    public const int MaxWatchedSize = 16;

    private const int MaxCount = 1024;
    private const int MaxWatchCount = 16;

    private readonly HashSet<ulong> _addresses = [];
    private readonly Dictionary<(ulong Address, int Size), byte[]> _watched = [];

    /// <summary>Gets whether there is neither a breakpoint nor a watchpoint.</summary>
    public bool IsEmpty => _addresses.Count == 0 && _watched.Count == 0;

    /// <summary>Adds a breakpoint.</summary>
    /// <returns><c>false</c> if there are too many.</returns>
    public bool TryAdd(ulong address)
    {
        if (_addresses.Count < MaxCount)
        {
            _addresses.Add(address);
        }

        return _addresses.Contains(address);
    }

    /// <summary>Removes a breakpoint, if there is one.</summary>
    public void Remove(ulong address) => _addresses.Remove(address);

    /// <summary>Checks whether a breakpoint is at an address.</summary>
    public bool Contains(ulong address) => _addresses.Contains(address);

    /// <summary>Watches memory for changes.</summary>
    /// <param name="target">The guest.</param>
    /// <param name="address">The address of the first byte.</param>
    /// <param name="size">The number of bytes.</param>
    /// <returns><c>false</c> if there are too many watchpoints or bytes, or if the memory cannot be read.</returns>
    public bool TryWatch(IDebugTarget target, ulong address, ulong size)
    {
        if (size is 0 or > MaxWatchedSize || _watched.Count == MaxWatchCount)
        {
            return false;
        }

        byte[] value = new byte[size];
        if (target.Read(address, value) != value.Length)
        {
            return false;
        }

        _watched[(address, value.Length)] = value;
        return true;
    }

    /// <summary>Stops watching memory, if it is watched.</summary>
    public void Unwatch(ulong address, ulong size) => _watched.Remove((address, (int)Math.Min(size, MaxWatchedSize)));

    /// <summary>Finds memory that was changed since the last look.</summary>
    /// <returns>The address of the watchpoint, or <c>null</c>.</returns>
    public ulong? FindChanged(IDebugTarget target)
    {
        Span<byte> current = stackalloc byte[MaxWatchedSize];
        foreach (((ulong address, int size), byte[] value) in _watched)
        {
            Span<byte> now = current[..size];
            if (target.Read(address, now) == size && !now.SequenceEqual(value))
            {
                now.CopyTo(value);
                return address;
            }
        }

        return null;
    }

    /// <summary>Removes all breakpoints and watchpoints.</summary>
    public void Clear()
    {
        _addresses.Clear();
        _watched.Clear();
    }
}
