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
            VirtualMachineExitKind.MemoryAccess => Fault(MemoryFault(exit)),
            VirtualMachineExitKind.Canceled => Stopped(gate.Stopped, what, cancellationToken),
            VirtualMachineExitKind.Shutdown => Fault(new(TripleFault.Describe(Machine.GetAllRegisters(), Machine.Map.Layout.EntryMode))),
            VirtualMachineExitKind.NotInterpreted => Fault(new(Rules.InstructionNotInterpreted.Found(
                $"the guest cannot go on{AtInstruction()}: {exit.Text}, because KVM interprets guest code on this machine and lacks most "
                + $"of SSE: use a machine whose processor runs guest code, and in a virtual machine nested virtualization."))),
            _ => Fault(new($"The guest cannot go on{AtInstruction()}: {exit.Text}.")),
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
                return _abort.Add(exit.Value) is { } abort ? CallOutcome.Failed(CallEnd.Aborted, WithCause(abort)) : default;
            case OutPort.DebugPrint:
                _debug.Add(exit.Value);
                return default;
            default:
                return HandleDeviceOut(exit);
        }
    }

    private GuestAbortedException WithCause(GuestAbortedException abort) =>
        abort is not GuestCpuException && _hostFunctions.FailureNamedIn(abort.GuestMessage) is { } cause
            ? new(abort.Code, abort.GuestMessage, cause)
            : abort;

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

    private GuestFaultException MemoryFault(in VirtualMachineExit exit)
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
            $"The guest {access} the physical address {exit.Address}, {place}{AtInstruction()}.", exit.Address, exit.Access, region);
    }

    private CallOutcome Stopped(StopReason reason, string what, CancellationToken cancellationToken) => reason switch
    {
        StopReason.TimedOut => CallOutcome.Failed(CallEnd.TimedOut, new TimeoutException(
            $"{what} took longer than its timeout and was stopped{AtInstruction()}. Raise the timeout, or find out why the guest does not "
            + "finish.")),
        StopReason.Disposed => CallOutcome.Failed(
            CallEnd.Canceled, new ObjectDisposedException(nameof(Sandbox), $"{what} was stopped because the sandbox was disposed.")),
        _ => CallOutcome.Failed(CallEnd.Canceled, new OperationCanceledException($"{what} was cancelled.", cancellationToken)),
    };

    private string AtInstruction() => $" at RIP 0x{Machine.InstructionPointer:X}";
}
