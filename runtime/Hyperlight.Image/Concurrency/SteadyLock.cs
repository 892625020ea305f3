namespace Hyperlight.Concurrency;

/// <summary>
/// A lock whose entry never throws. <see cref="Thread.Interrupt"/> makes an ordinary lock throw where it has to wait, and a
/// <c>finally</c> block that
/// throws there leaves its work undone. An interrupt that arrives while this lock waits takes effect at the thread's next wait of its
/// own. The type is a structure, because the compiler refuses a structure in a <c>lock</c> statement, which would enter another lock.
/// </summary>
internal readonly struct SteadyLock
{
    private readonly Lock _lock = new();

    /// <summary>Creates a lock that no thread has entered.</summary>
    public SteadyLock()
    {
    }

    /// <summary>Enters the lock. The caller disposes the result to leave it.</summary>
    public Scope Enter()
    {
        if (!_lock.TryEnter())
        {
            Steady.Wait(static entered => entered.Enter(), _lock);
        }

        return new(_lock);
    }

    /// <summary>The part of a method that runs inside the lock.</summary>
    public readonly ref struct Scope(Lock entered)
    {
        /// <summary>Leaves the lock.</summary>
        public void Dispose() => entered.Exit();
    }
}
