using Hyperlight.Debugging;
using Hyperlight.Watch;

namespace Hyperlight.Calls;

// The operations of a debugger on calls: it interrupts them, pauses their deadlines, and acts between them.
internal sealed partial class CallGate
{
    // The milliseconds that the call has left while a debugger has stopped the guest; Watchdog.Never if the call has no limit.
    private long _timeLeft = Watchdog.Never;

    /// <inheritdoc/>
    bool IDebuggedCalls.TryBetweenCalls(Action action)
    {
        using (_lock.Enter())
        {
            if (_busy || _condition.State is not (SandboxState.Ready or SandboxState.Poisoned))
            {
                return false;
            }

            action();
            return true;
        }
    }

    /// <inheritdoc/>
    void IDebuggedCalls.Interrupt()
    {
        using (_lock.Enter())
        {
            if (_busy)
            {
                _machine.Cancel();
            }
        }
    }

    /// <inheritdoc/>
    bool IDebuggedCalls.TryTakeBackInterrupt()
    {
        using (_lock.Enter())
        {
            if (_stop != StopReason.None)
            {
                return false;
            }

            _machine.ClearCancel();
            return true;
        }
    }

    /// <inheritdoc/>
    void IDebuggedCalls.PauseDeadline()
    {
        using (_lock.Enter())
        {
            _timeLeft = _deadline == Watchdog.Never ? Watchdog.Never : Math.Max(0, _deadline - Watchdog.Now);
            _deadline = Watchdog.Never;
        }
    }

    /// <inheritdoc/>
    void IDebuggedCalls.ResumeDeadline()
    {
        using (_lock.Enter())
        {
            if (_timeLeft == Watchdog.Never)
            {
                return;
            }

            long deadline = Watchdog.Now + _timeLeft;
            _timeLeft = Watchdog.Never;
            if (deadline < _alarmDue)
            {
                Arm(deadline);
            }

            _deadline = deadline;
        }
    }
}
