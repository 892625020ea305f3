using Hyperlight.Functions;
using Hyperlight.Hypervisors;
using Hyperlight.Protocol;

namespace Hyperlight.Calls;

// The exits of the guest's processor. The outcome of an exit that does not end the run is default.
internal sealed partial class GuestRunner
{
    private CallOutcome Handle(in VirtualMachineExit exit, CallGate gate, string what, CancellationToken cancellationToken) =>
        exit.Kind switch
        {
            VirtualMachineExitKind.Out => HandleOut(exit, gate),
            VirtualMachineExitKind.Halt => CallOutcome.Returned(GuestValue.Void),
            VirtualMachineExitKind.In => HandleDeviceIn(exit),
            VirtualMachineExitKind.MemoryAccess => Fault(MemoryFault(
                exit, Machine.EndsWrites && exit.Access == MemoryAccessKind.Write ? JustBefore() : Here())),
            VirtualMachineExitKind.Canceled => Stopped(gate.Stopped, what, cancellationToken),
            VirtualMachineExitKind.Shutdown => TripleFaulted(),
            VirtualMachineExitKind.NotInterpreted => NotInterpreted(Here(), exit.Text),
            _ => CannotGoOn(Here(), exit.Text),
        };

    private CallOutcome HandleOut(in VirtualMachineExit exit, CallGate gate)
    {
        switch ((OutPort)exit.Port)
        {
            case OutPort.Halt:
                return CallOutcome.Returned(GuestValue.Void);
            case OutPort.CallFunction:
                ServeHostCall(gate.Signal);
                return default;
            case OutPort.Log:
                _log.Add(Machine.Output.Pop(ref _received));
                return default;
            case OutPort.Abort:
                return _abort.Add(exit.Value) is { } abort ? Aborted(abort) : default;
            case OutPort.DebugPrint:
                _debug.Add(exit.Value);
                return default;
            default:
                return HandleDeviceOut(exit);
        }
    }

    private CallOutcome Aborted(GuestAbort abort)
    {
        Exception? cause = abort.Vector is null ? _hostFunctions.FailureNamedIn(abort.Text) : null;
        ManagedGuestError managed = ManagedGuestError.Of(GuestErrorCode.GuestError, abort.Text, Locate);
        GuestAbort shown = managed.Trace is { } trace
            ? abort with { Text = $"{ManagedGuestError.WithoutTrace(abort.Text)}\n{trace}" }
            : abort;
        return CallOutcome.Failed(CallEnd.Aborted, shown.ToException(managed.Location ?? PlaceOf(abort), cause));
    }

    private void ServeHostCall(StopSignal stop)
    {
        ReadOnlySpan<byte> request = Machine.Output.Pop(ref _received);
        BufferStack input = Machine.Input;
        Span<byte> free = input.Free();
        long length = _hostFunctions.Serve(request, free, stop);
        if (length > free.Length)
        {
            throw new MessageTooLargeException("The result of a host function", length, free.Length);
        }

        input.Push((int)length);
    }

    private static CallOutcome Fault(GuestFaultException fault) => CallOutcome.Failed(CallEnd.Faulted, fault);

    private static CallOutcome CannotGoOn(GuestPlace place, string? reason) =>
        Fault(new($"The guest cannot go on at {place}: {reason}.", place.Location));

    private static CallOutcome NotInterpreted(GuestPlace place, string? reason) => Fault(new(
        Rules.InstructionNotInterpreted.Found(
            $"the guest cannot go on at {place}: {reason}, because KVM interprets guest code on this machine and lacks most of SSE: use a "
            + $"machine whose processor runs guest code, and in a virtual machine nested virtualization."),
        place.Location));

    private CallOutcome TripleFaulted()
    {
        ProcessorRegisters registers = Machine.GetAllRegisters();
        GuestPlace place = TripleFault.IsReset(registers) ? default : PlaceOf(registers);
        return Fault(new(TripleFault.Describe(registers, Machine.Map.Layout.EntryMode, place), place.Location));
    }

    private GuestFaultException MemoryFault(in VirtualMachineExit exit, GuestPlace here)
    {
        string? region = Machine.RegionAt(exit.Address);
        string access = exit.Access switch
        {
            MemoryAccessKind.Write => "wrote to",
            MemoryAccessKind.Execute => "executed code at",
            _ => "read",
        };
        string place = (region, exit.Access) switch
        {
            (null, _) => "where it has no memory",
            (_, MemoryAccessKind.Write) => $"in its region {region}, which is read-only",
            (_, MemoryAccessKind.Execute) => $"in its region {region}, which is not executable",
            _ => $"in its region {region}, which the host cannot read any more: a mapped file became shorter",
        };
        return new(
            $"The guest {access} the physical address {exit.Address}, {place} at {here}.",
            here.Location,
            exit.Address,
            exit.Access,
            region);
    }

    private CallOutcome Stopped(StopReason reason, string what, CancellationToken cancellationToken) => reason switch
    {
        StopReason.TimedOut => CallOutcome.Failed(CallEnd.TimedOut, new TimeoutException(
            $"{what} took longer than its timeout and was stopped at {Here()}. Raise the timeout, or find out why the guest does not "
            + "finish.")),
        StopReason.Disposed => CallOutcome.Failed(
            CallEnd.Canceled, new ObjectDisposedException(nameof(Sandbox), $"{what} was stopped because the sandbox was disposed.")),
        _ => CallOutcome.Failed(CallEnd.Canceled, new OperationCanceledException($"{what} was cancelled.", cancellationToken)),
    };
}
