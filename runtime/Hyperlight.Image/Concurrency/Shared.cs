namespace Hyperlight.Concurrency;

/// <summary>Something that several use at once. Each of them disposes it; the last one frees it. The creator is its first user.</summary>
internal abstract class Shared : IDisposable
{
    private int _users = 1;

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

    /// <summary>Removes a user.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Free();
        }
    }

    /// <summary>Frees it: there is no user any more.</summary>
    protected abstract void Free();
}
