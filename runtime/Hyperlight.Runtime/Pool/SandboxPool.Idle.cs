namespace Hyperlight;

// The disposal of sandboxes that nobody has needed for a time. One timer serves all sandboxes of the pool, and is set only while more are
// ready than the pool keeps.
public sealed partial class SandboxPool
{
    // A timer takes 49 days at most.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly TimeProvider _time;
    private readonly TimeSpan _idleTimeout;
    private readonly ITimer? _idleTimer;

    // Whether the timer is set or its callback runs.
    private bool _shrinking;

    // The timer does not keep alive a pool that nobody disposed, and does not have the context of the caller that creates the pool.
    private ITimer? CreateIdleTimer()
    {
        if (_idleTimeout == Timeout.InfiniteTimeSpan)
        {
            return null;
        }

        using (ExecutionContext.IsFlowSuppressed() ? (IDisposable?)null : ExecutionContext.SuppressFlow())
        {
            return _time.CreateTimer(
                static pool =>
                {
                    if (((WeakReference<SandboxPool>)pool!).TryGetTarget(out SandboxPool? target))
                    {
                        target.Shrink();
                    }
                },
                new WeakReference<SandboxPool>(this),
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
        }
    }

    // Called under the lock.
    private void ShrinkLater()
    {
        if (_idleTimer is null || _shrinking || _ready.Count <= _keptReady)
        {
            return;
        }

        TimeSpan wait = _idleTimeout - _time.GetElapsedTime(_ready[0].Since);
        wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestWait ? LongestWait : wait;

        // A timer leaves out parts of a millisecond.
        _shrinking = _idleTimer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    private void Shrink()
    {
        while (TakeIdle() is { } idle)
        {
            idle.Dispose();
        }
    }

    // One at a time: whoever rents meanwhile gets a sandbox that is still there.
    private Sandbox? TakeIdle()
    {
        using (_lock.Enter())
        {
            if (!_disposed && _ready.Count > _keptReady && _time.GetElapsedTime(_ready[0].Since) >= _idleTimeout)
            {
                Sandbox idle = _ready[0].Sandbox;
                _ready.RemoveAt(0);
                return idle;
            }

            _shrinking = false;
            if (!_disposed)
            {
                ShrinkLater();
            }

            return null;
        }
    }
}
