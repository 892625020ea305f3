using System.Text;
using Hyperlight.Calls;
using Hyperlight.Concurrency;
using Hyperlight.Hypervisors;
using Hyperlight.Protocol;
using Hyperlight.Telemetry;

namespace Hyperlight;

// The run loop: from an entry into the guest to its halt, serving what it asks for on the way (amd64 sheet, sections 5 and 7.3).
public sealed partial class Sandbox
{
    private const string HostPrint = "HostPrint";

    /// <summary>Lets the guest run until it halts. Every other end poisons the sandbox.</summary>
    /// <param name="what">What is running, as the subject of a sentence.</param>
    /// <param name="cancellationToken">Stops it.</param>
    private void Run(string what, CancellationToken cancellationToken)
    {
        try
        {
            RunToHalt(what, cancellationToken);
            _debug.Flush();
            _printer.EndCall(_gate.TimeLeft);
            _log.EndCall();
        }
        catch (Exception exception)
        {
            _poison = ExceptionText.Of(exception);
            _debug.Flush();
            WriteCrashDump(exception);
            _printer.EndCall(_gate.TimeLeft);
            _log.EndCall();
            throw;
        }
        finally
        {
            _timer?.Stop();
            _abort.Clear();
        }
    }

    private void RunToHalt(string what, CancellationToken cancellationToken)
    {
        CancellationTokenRegistration registration =
            cancellationToken.UnsafeRegister(static gate => ((CallGate)gate!).Stop(StopReason.Canceled), _gate);
        try
        {
            while (!Handle(_machine.Run(), what, cancellationToken))
            {
            }
        }
        finally
        {
            // A token that is being cancelled makes this wait for the gate's Stop.
            Steady.Wait(static registration => registration.Dispose(), registration);
        }
    }

    /// <summary>Handles an exit.</summary>
    /// <returns>Whether the guest halted.</returns>
    private bool Handle(in VirtualMachineExit exit, string what, CancellationToken cancellationToken)
    {
        switch (exit.Kind)
        {
            case VirtualMachineExitKind.Out:
                return HandleOut(exit);
            case VirtualMachineExitKind.Halt:
                return true;
            case VirtualMachineExitKind.In:
                HandleDeviceIn(exit);
                return false;
            case VirtualMachineExitKind.MemoryAccess:
                throw MemoryFault(exit);
            case VirtualMachineExitKind.Canceled:
                throw Stopped(what, cancellationToken);
            case VirtualMachineExitKind.Shutdown:
                throw new GuestFaultException(TripleFault.Describe(_machine.GetAllRegisters(), _map.Layout.EntryMode));
            default:
                throw new GuestFaultException($"The guest cannot go on{AtInstruction()}: {exit.Text}.");
        }
    }

    private bool HandleOut(in VirtualMachineExit exit)
    {
        switch ((OutPort)exit.Port)
        {
            case OutPort.Halt:
                return true;
            case OutPort.CallFunction:
                ServeHostCall();
                return false;
            case OutPort.Log:
                _log.Add(Output().Pop(ref _received));
                return false;
            case OutPort.Abort:
                return _abort.Add(exit.Value) is { } failure ? throw WithCause(failure) : false;
            case OutPort.DebugPrint:
                _debug.Add(exit.Value);
                return false;
            default:
                HandleDeviceOut(exit);
                return false;
        }
    }

    private GuestAbortedException WithCause(GuestAbortedException failure) =>
        failure is not GuestCpuException && _hostFunctions.FailureNamedIn(failure.GuestMessage) is { } hostFailure
            ? new(failure.Code, failure.GuestMessage, hostFailure)
            : failure;

    private void ServeHostCall()
    {
        ReadOnlySpan<byte> request = Output().Pop(ref _received);
        BufferStack input = Input();
        Span<byte> free = input.Free();
        long length = _hostFunctions.Serve(request, free, _gate.Signal);
        if (length > free.Length)
        {
            throw new MessageTooLargeException("The result of a host function", length, free.Length);
        }

        input.Push((int)length);
    }

    private GuestFaultException MemoryFault(in VirtualMachineExit exit)
    {
        string? region = _memory.RegionAt(exit.Address);
        string access = exit.Access == MemoryAccessKind.Write ? "wrote to" : "read";
        string place = region is null ? "where it has no memory"
            : exit.Access == MemoryAccessKind.Write ? $"in its region {region}, which is read-only"
            : $"in its region {region}, where the host has nothing any more: a mapped file became shorter";
        return new(
            $"The guest {access} the physical address {exit.Address}, {place}{AtInstruction()}.", exit.Address, exit.Access, region);
    }

    private Exception Stopped(string what, CancellationToken cancellationToken)
    {
        StopReason reason = _gate.Stopped;
        Measures.AddStop(_name, reason);
        return reason switch
        {
            StopReason.TimedOut => new TimeoutException(
                $"{what} took longer than it may and was stopped{AtInstruction()}. Raise the timeout, or find out why the guest does not come to an end."),
            StopReason.Disposed => new ObjectDisposedException(nameof(Sandbox), $"{what} was stopped because the sandbox was disposed."),
            _ => new OperationCanceledException($"{what} was cancelled.", cancellationToken),
        };
    }

    private string AtInstruction() => $" at RIP 0x{_machine.GetRegisters().Rip:X}";

    private int Print(string text)
    {
        _printer.Print(text);
        return Encoding.UTF8.GetByteCount(text);
    }
}
