using Hyperlight.Hypervisors;

namespace Hyperlight.Debugging;

// The thread of a call, which runs the guest.
internal sealed partial class DebugServer
{
    // The address of the instruction before the last step.
    private ulong _lastAddress;

    /// <summary>Stops the guest before the first instruction of a call, if the debugger has not let the guest go on.</summary>
    public void BeginRun()
    {
        _lastAddress = _machine.InstructionPointer;
        bool stops;
        StopReply stop = StopReply.AtInstruction;
        using (_lock.Enter())
        {
            bool isAtBreakpoint = _session.Breakpoints.Contains(_lastAddress);
            stops = !_isRunning || _isStepping || _isInterrupted || isAtBreakpoint;
            stop = isAtBreakpoint ? StopReply.AtBreakpoint : stop;
        }

        if (stops)
        {
            StopHere(stop);
        }
    }

    /// <summary>
    /// Lets the guest go on until something needs the host. Meanwhile the debugger may stop the guest any number of times.
    /// </summary>
    /// <exception cref="HypervisorException">The hypervisor refuses.</exception>
    public VirtualMachineExit Run()
    {
        while (true)
        {
            _machine.SetDebugging(MustStep() ? DebugMode.Step : DebugMode.Run);
            VirtualMachineExit exit = _machine.Run();
            switch (exit.Kind)
            {
                case VirtualMachineExitKind.Debug:
                    if (FindStop() is { } stop)
                    {
                        StopHere(stop);
                    }

                    break;
                case VirtualMachineExitKind.Canceled when _calls!.TryTakeBackInterrupt():
                    StopHere(StopReply.AfterInterrupt);
                    break;
                default:
                    return exit;
            }
        }
    }

    /// <summary>Ends a run. If the guest has crashed, the debugger can look at the crash before the call ends.</summary>
    /// <param name="crash">The reason for the stop, or <c>null</c> if the guest has not crashed.</param>
    public void EndRun(StopReply? crash)
    {
        _machine.SetDebugging(DebugMode.Off);
        if (crash is { } stop)
        {
            StopHere(stop);
        }
    }

    private bool MustStep()
    {
        using (_lock.Enter())
        {
            return _client is not null && (_isStepping || !_session.Breakpoints.IsEmpty);
        }
    }

    private StopReply? FindStop()
    {
        ulong address = _machine.InstructionPointer;
        using (_lock.Enter())
        {
            // An instruction with a repeat prefix takes several steps and reaches its breakpoint once.
            bool hasMoved = address != _lastAddress;
            _lastAddress = address;
            Breakpoints breakpoints = _session.Breakpoints;
            return hasMoved && breakpoints.Contains(address) ? StopReply.AtBreakpoint
                : breakpoints.FindChanged(_target) is { } changed ? StopReply.AfterWrite(changed)
                : _isStepping && (address < _session.StepRange.Start || address >= _session.StepRange.End) ? StopReply.AtInstruction
                : null;
        }
    }

    /// <summary>Waits until the debugger lets the guest go on, the debugger leaves, or the call is stopped.</summary>
    private void StopHere(StopReply stop)
    {
        TaskCompletionSource goOn = new();
        IDebuggedCalls calls;
        using (_lock.Enter())
        {
            _isInterrupted = false;
            if ((_client is null && !_waitsForClient) || _calls is null)
            {
                return;
            }

            calls = _calls;
            _goOn = goOn;
            Report(stop);
        }

        calls.PauseDeadline();
        try
        {
            calls.Signal.Wait(goOn.Task);
        }
        finally
        {
            using (_lock.Enter())
            {
                _goOn = null;
            }

            calls.ResumeDeadline();
        }
    }

    /// <summary>Tells the debugger that the guest is stopped. To be called inside the lock.</summary>
    private void Report(StopReply stop)
    {
        _session.Stop = stop;
        (_isStepping, _isInterrupted) = (false, false);
        if (_isRunning)
        {
            _isRunning = false;
            Send(stop.Write());
        }
    }
}
