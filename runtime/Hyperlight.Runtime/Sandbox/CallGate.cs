using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Watch;

namespace Hyperlight;

/// <summary>
/// Lets one call at a time into the guest and stops it: by its token, at its deadline, or because the sandbox is disposed. The first reason
/// wins. All decisions are made under one lock, so a stop never reaches the next call.
/// </summary>
internal sealed class CallGate : IDisposable
{
    private readonly Lock _lock = new();
    private readonly VirtualMachine _machine;
    private readonly Alarm _alarm;
    private bool _busy;
    private bool _disposed;
    private StopReason _stop;

    // Milliseconds of the watchdog's clock: when the current call has to end, and when the alarm rings next. The alarm is left alone
    // while it rings early enough, so that a call usually has nothing to do with the watchdog and its lock.
    private long _deadline = Watchdog.Never;
    private long _alarmDue = Watchdog.Never;

    public CallGate(VirtualMachine machine)
    {
        _machine = machine;
        _alarm = new(Watchdog.Shared, OnAlarm);
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
            _deadline = timeout == Timeout.InfiniteTimeSpan ? Watchdog.Never : Watchdog.Now + (long)Math.Ceiling(timeout.TotalMilliseconds);
            if (_deadline < _alarmDue)
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
            _deadline = Watchdog.Never;
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

    /// <summary>Takes the alarm away, which otherwise would keep the gate alive until it rings. Only once no call is running.</summary>
    public void Dispose() => _alarm.Cancel();

    private void OnAlarm()
    {
        lock (_lock)
        {
            _alarmDue = Watchdog.Never;
            if (!_busy || _deadline == Watchdog.Never)
            {
                return;
            }

            if (Watchdog.Now >= _deadline)
            {
                Stop(StopReason.TimedOut);
                return;
            }

            Arm();
        }
    }

    private void Arm()
    {
        _alarmDue = _deadline;
        _alarm.Set(_deadline);
    }
}
