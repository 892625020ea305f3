using Hyperlight.Debugging;

namespace Hyperlight.Calls;

// The debugger of a guest.
internal sealed partial class GuestRunner
{
    /// <summary>Lets a debugger see the calls of a sandbox from now on, if there is a debugger.</summary>
    public void LetDebug(CallGate gate) => _debugger?.Use(gate);

    private DebugServer? OpenDebugger()
    {
        if (_settings.Debugger is not { } place)
        {
            return null;
        }

        try
        {
            return _settings.Hypervisor.CheckDebugging() is { } finding
                ? throw new HypervisorException(finding)
                : new(place, Machine);
        }
        catch
        {
            Machine.Dispose();
            throw;
        }
    }

    private static StopReply? StopAfter(in CallOutcome outcome) => outcome.End switch
    {
        CallEnd.Aborted => StopReply.AfterAbort,
        CallEnd.Faulted => StopReply.AfterFault,
        _ => null,
    };
}
