using Hyperlight.Concurrency;
using Hyperlight.Hypervisors;
using Hyperlight.Watch;

namespace Hyperlight.Calls;

/// <summary>
/// Lets one call at a time into the guest and stops it: by its token, at its deadline, or because the sandbox is disposed. The first reason
/// wins. All decisions are made under one lock, so a stop never reaches the next call.
/// </summary>
internal sealed class CallGate : IDisposable
{
    private readonly SteadyLock _lock = new();
    private readonly IVirtualMachine _machine;
    private readonly Alarm _alarm;
    private bool _busy;
    private bool _disposed;
    private StopReason _stop;

    // Milliseconds of the watchdog's clock: when the current call has to end, and when the alarm rings next. The alarm is left alone
    // while it rings early enough, so that a call usually has nothing to do with the watchdog and its lock.
    private long _deadline = Watchdog.Never;
    private long _alarmDue = Watchdog.Never;

    /// <param name="machine">What is stopped.</param>
    /// <param name="watchdog">What watches the time.</param>
    public CallGate(IVirtualMachine machine, Watchdog watchdog)
    {
        _machine = machine;
        _alarm = new(watchdog, OnAlarm);
    }

    /// <summary>Whether the sandbox is disposed.</summary>
    public bool IsDisposed
    {
        get
        {
            using (_lock.Enter())
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
            using (_lock.Enter())
            {
                return _stop;
            }
        }
    }

    /// <summary>Gets the signal for the host functions of the current call.</summary>
    public StopSignal Signal { get; } = new();

    /// <summary>Milliseconds that are left of the current call; a great number where it has no limit.</summary>
    public long TimeLeft
    {
        get
        {
            using (_lock.Enter())
            {
                return _deadline == Watchdog.Never ? Watchdog.Never : Math.Max(0, _deadline - Watchdog.Now);
            }
        }
    }

    /// <summary>Begins a call. Every call that was begun is ended with <see cref="Leave"/>.</summary>
    /// <param name="timeout">The longest it may take.</param>
    /// <exception cref="ObjectDisposedException">The sandbox is disposed.</exception>
    /// <exception cref="InvalidOperationException">Another call is running.</exception>
    /// <exception cref="HyperlightException">HL5005: nothing can watch the time. No call was begun.</exception>
    public void Enter(TimeSpan timeout)
    {
        using (_lock.Enter())
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(Sandbox));
            if (_busy)
            {
                throw new InvalidOperationException(
                    "The sandbox is running another call, and runs one at a time: wait for that to end, or use a sandbox for each thread. "
                    + "A host function cannot call the sandbox that called it.");
            }

            long deadline = timeout == Timeout.InfiniteTimeSpan ? Watchdog.Never : Watchdog.Now + (long)Math.Ceiling(timeout.TotalMilliseconds);
            if (deadline < _alarmDue)
            {
                Arm(deadline);
            }

            _machine.ClearCancel();
            (_busy, _stop, _deadline) = (true, StopReason.None, deadline);
        }
    }

    /// <summary>Enters between calls, for work that needs no time limit.</summary>
    /// <returns>Whether that was possible: no call is running and the sandbox is not disposed. The caller then ends the work with <see cref="Leave"/>.</returns>
    public bool TryEnter()
    {
        using (_lock.Enter())
        {
            bool isFree = !_busy && !_disposed;
            _busy |= isFree;
            return isFree;
        }
    }

    /// <summary>Ends a call.</summary>
    /// <returns>Whether the sandbox was disposed meanwhile, so that the caller has to free it.</returns>
    public bool Leave()
    {
        using (_lock.Enter())
        {
            _busy = false;
            Signal.Reset();
            _deadline = Watchdog.Never;
            return _disposed;
        }
    }

    /// <summary>Stops the current call, where there is one.</summary>
    public void Stop(StopReason reason)
    {
        using (_lock.Enter())
        {
            if (_busy && _stop == StopReason.None)
            {
                _stop = reason;
                _machine.Cancel();
                Signal.Set();
            }
        }
    }

    /// <summary>Lets no further call in and stops the current one.</summary>
    /// <returns>Whether the caller has to free the sandbox: it is the first to dispose it, and no call is running that will.</returns>
    public bool Close()
    {
        using (_lock.Enter())
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
        using (_lock.Enter())
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

            Arm(_deadline);
        }
    }

    // In this order: an alarm that could not be set is not remembered.
    private void Arm(long due)
    {
        _alarm.Set(due);
        _alarmDue = due;
    }
}
