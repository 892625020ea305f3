namespace Hyperlight.Concurrency;

/// <summary>
/// An object with several users. Each user disposes the object, and the last one frees it. The creator is the first user.
/// </summary>
internal abstract class Shared : IDisposable
{
    private int _users = 1;

    /// <summary>Gets the number of users at this moment.</summary>
    public int UserCount => Volatile.Read(ref _users);

    /// <summary>Adds a user.</summary>
    /// <returns><c>false</c> if the last user has already disposed the object.</returns>
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

    /// <summary>Frees the object after the last user has disposed it.</summary>
    protected abstract void Free();
}
