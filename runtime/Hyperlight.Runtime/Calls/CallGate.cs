using Hyperlight.Concurrency;
using Hyperlight.Debugging;
using Hyperlight.Functions;
using Hyperlight.Machine;
using Hyperlight.Watch;

namespace Hyperlight.Calls;

/// <summary>
/// Lets one call at a time into the guest of a sandbox, and stops a call: by its token, at its deadline, or because the sandbox is
/// disposed. The first reason wins. The gate also keeps the condition of the sandbox. All decisions are made under one lock: a stop never
/// reaches the next call, and a sandbox that is disposed or unrecoverable never becomes usable again.
/// </summary>
internal sealed partial class CallGate : IDebuggedCalls, IDisposable
{
    // The name of the disposed object in exceptions: callers know the sandbox, and not its gate.
    private const string ObjectName = "Hyperlight.Sandbox";

    private readonly SteadyLock _lock = new();
    private readonly GuestMachine _machine;
    private readonly Alarm _alarm;

    // Written under the lock, read without it.
    private volatile SandboxCondition _condition;
    private bool _busy;
    private StopReason _stop;

    // Milliseconds of the watchdog's clock: the deadline of the current call, and the time of the next alarm. The alarm is set again only
    // if it would ring too late, so that most calls do not enter the watchdog's lock.
    private long _deadline = Watchdog.Never;
    private long _alarmDue = Watchdog.Never;

    /// <param name="machine">The machine that runs the guest.</param>
    /// <param name="watchdog">The watchdog that ends calls at their deadline.</param>
    /// <param name="condition">The condition of the sandbox at first.</param>
    public CallGate(GuestMachine machine, Watchdog watchdog, SandboxCondition condition)
    {
        _machine = machine;
        _condition = condition;
        _alarm = new(watchdog, OnAlarm);
    }

    /// <summary>Gets the state of the sandbox at this moment.</summary>
    public SandboxCondition Condition => _condition;

    /// <summary>Gets the reason why the current call was stopped.</summary>
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

    /// <summary>
    /// Gets the milliseconds until the deadline of the current call, or <see cref="Watchdog.Never"/> if the call has no limit.
    /// </summary>
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
    /// <param name="timeout">The longest time that the call may take.</param>
    /// <exception cref="ObjectDisposedException">The sandbox is disposed.</exception>
    /// <exception cref="InvalidOperationException">Another call is running.</exception>
    /// <exception cref="HyperlightException">HL5005: the thread that watches deadlines cannot be started. No call was begun.</exception>
    public void Enter(TimeSpan timeout)
    {
        using (_lock.Enter())
        {
            Exception? refusal = IsDisposed ? new ObjectDisposedException(ObjectName)
                : !_busy ? null
                : new InvalidOperationException(
                    "The sandbox is running another call, and runs one at a time: wait for that call to end, or use a sandbox for each "
                    + "thread. A host function cannot call the sandbox that called it.");
            if (refusal is not null)
            {
                throw refusal;
            }

            long deadline = timeout == Timeout.InfiniteTimeSpan
                ? Watchdog.Never
                : Watchdog.Now + (long)Math.Ceiling(timeout.TotalMilliseconds);
            if (deadline < _alarmDue)
            {
                Arm(deadline);
            }

            _machine.ClearCancel();
            (_busy, _stop, _deadline) = (true, StopReason.None, deadline);
        }
    }

    /// <summary>
    /// Unmaps the regions that were released, unless a call is running or the sandbox can only be disposed. The gate holds its lock
    /// meanwhile: a call that begins at this moment waits, and is not refused.
    /// </summary>
    public void UnmapReleased()
    {
        using (_lock.Enter())
        {
            if (!_busy && _condition.State is SandboxState.Ready or SandboxState.Poisoned)
            {
                _machine.UnmapReleased();
            }
        }
    }

    /// <summary>Ends a call.</summary>
    /// <returns><c>true</c> if the sandbox was disposed during the call, so that the caller has to free the guest.</returns>
    public bool Leave()
    {
        using (_lock.Enter())
        {
            _busy = false;
            Signal.Reset();
            _deadline = Watchdog.Never;
            return IsDisposed;
        }
    }

    /// <summary>Gives the sandbox another condition, unless the sandbox is disposed or unrecoverable.</summary>
    public void Become(SandboxCondition condition)
    {
        using (_lock.Enter())
        {
            if (_condition.State is SandboxState.Ready or SandboxState.Poisoned)
            {
                _condition = condition;
            }
        }
    }

    /// <summary>Stops the current call, if there is one.</summary>
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

    /// <summary>Disposes the sandbox: lets no further call in and stops the current one.</summary>
    /// <param name="before">The condition of the sandbox before.</param>
    /// <returns>
    /// <c>true</c> if the caller has to free the guest; <c>false</c> if the sandbox was disposed before, or if a call is running, whose end
    /// frees the guest.
    /// </returns>
    public bool Close(out SandboxCondition before)
    {
        using (_lock.Enter())
        {
            before = _condition;
            if (IsDisposed)
            {
                return false;
            }

            _condition = SandboxCondition.Disposed;
            Stop(StopReason.Disposed);
            return !_busy;
        }
    }

    /// <summary>
    /// Cancels the alarm, which would keep the gate alive until the alarm rings. To be called only while no call is running.
    /// </summary>
    public void Dispose() => _alarm.Cancel();

    private bool IsDisposed => _condition.State == SandboxState.Disposed;

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

    // Setting the alarm may fail, so the time is stored only afterwards.
    private void Arm(long due)
    {
        _alarm.Set(due);
        _alarmDue = due;
    }
}
