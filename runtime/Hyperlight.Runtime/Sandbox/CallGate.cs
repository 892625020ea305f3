using Hyperlight.Hypervisors.Kvm;

namespace Hyperlight;

/// <summary>
/// Lets one call at a time into the guest and stops it: by its token, at its deadline, or because the sandbox is disposed. The first reason
/// wins. All decisions are made under one lock, so a stop never reaches the next call.
/// </summary>
internal sealed class CallGate : IDisposable
{
    private const long Never = long.MaxValue;

    private readonly Lock _lock = new();
    private readonly VirtualMachine _machine;
    private readonly Timer _timer;
    private bool _busy;
    private bool _disposed;
    private StopReason _stop;

    // Milliseconds of Environment.TickCount64: when the current call has to end, and when the timer fires next. The timer is left alone
    // while it fires early enough, so that a call usually costs no timer operation.
    private long _deadline = Never;
    private long _timerDue = Never;

    public CallGate(VirtualMachine machine)
    {
        _machine = machine;
        _timer = new(static gate => ((CallGate)gate!).OnTimer(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Whether the sandbox is disposed.</summary>
    public bool IsDisposed
    {
        get
        {
            lock (_lock)
            {
                return _disposed;
            }
        }
    }

    /// <summary>Why the current call was stopped.</summary>
    public StopReason Stopped
    {
        get
        {
            lock (_lock)
            {
                return _stop;
            }
        }
    }

    /// <summary>Begins a call. Every call that was begun is ended with <see cref="Leave"/>.</summary>
    /// <param name="timeout">The longest it may take.</param>
    /// <exception cref="ObjectDisposedException">The sandbox is disposed.</exception>
    /// <exception cref="InvalidOperationException">Another call is running.</exception>
    public void Enter(TimeSpan timeout)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(Sandbox));
            if (_busy)
            {
                throw new InvalidOperationException(
                    "The sandbox is running another call, and runs one at a time: wait for that to end, or use a sandbox for each thread. "
                    + "A host function cannot call the sandbox that called it.");
            }

            _busy = true;
            _stop = StopReason.None;
            _machine.ClearCancel();
            _deadline = timeout == Timeout.InfiniteTimeSpan ? Never : Environment.TickCount64 + (long)Math.Ceiling(timeout.TotalMilliseconds);
            if (_deadline < _timerDue)
            {
                Arm();
            }
        }
    }

    /// <summary>Ends a call.</summary>
    /// <returns>Whether the sandbox was disposed meanwhile, so that the caller has to free it.</returns>
    public bool Leave()
    {
        lock (_lock)
        {
            _busy = false;
            _deadline = Never;
            return _disposed;
        }
    }

    /// <summary>Stops the current call, where there is one.</summary>
    public void Stop(StopReason reason)
    {
        lock (_lock)
        {
            if (_busy && _stop == StopReason.None)
            {
                _stop = reason;
                _machine.Cancel();
            }
        }
    }

    /// <summary>Lets no further call in and stops the current one.</summary>
    /// <returns>Whether the caller has to free the sandbox: it is the first to dispose it, and no call is running that will.</returns>
    public bool Close()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return false;
            }

            _disposed = true;
            Stop(StopReason.Disposed);
            return !_busy;
        }
    }

    /// <summary>Frees the timer. Only once the gate is closed and no call is running.</summary>
    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        lock (_lock)
        {
            _timerDue = Never;
            if (!_busy || _deadline == Never)
            {
                return;
            }

            if (Environment.TickCount64 >= _deadline)
            {
                Stop(StopReason.TimedOut);
                return;
            }

            Arm();
        }
    }

    private void Arm()
    {
        // A deadline beyond the timer's range is approached in steps.
        long delay = Math.Clamp(_deadline - Environment.TickCount64, 0, int.MaxValue);
        _timerDue = _deadline;
        _timer.Change(delay, Timeout.Infinite);
    }
}
