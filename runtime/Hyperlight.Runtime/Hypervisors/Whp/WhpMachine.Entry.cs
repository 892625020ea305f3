using System.Diagnostics;
using System.Runtime.InteropServices;
using Hyperlight.Telemetry;

namespace Hyperlight.Hypervisors.Whp;

// The runs of the guest, and the general registers between two runs.
internal sealed partial class WhpMachine
{
    // The bits of _entry: a thread is about to enter the guest, or has not come back yet; the host asked the guest to stop.
    private const int Running = 1;
    private const int CancelRequested = 2;

    // How often the platform may end a run at the same instruction as canceled although nobody asked for it.
    private const int MostIdleCancels = 1000;

    private const int MostCancelCalls = 100;

    private int _entry;

    // RIP and RAX after the instruction of the last exit, which the platform leaves to the host to finish. They are set at the next run,
    // unless all registers are set before.
    private ulong? _nextRip;
    private ulong? _nextRax;

    /// <inheritdoc/>
    public long TicksInGuest { get; private set; }

    private bool IsCancelRequested => (Volatile.Read(ref _entry) & CancelRequested) != 0;

    /// <inheritdoc/>
    public GeneralRegisters GetRegisters()
    {
        _registers.Read(WhpRegisterList.General, WhpRegisterList.Special - WhpRegisterList.General);
        return ReadGeneralRegisters();
    }

    /// <inheritdoc/>
    public void SetRegisters(in GeneralRegisters registers)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<GeneralRegisters, ulong>(new ReadOnlySpan<GeneralRegisters>(in registers));
        Span<WhpRegisterValue> values = _registers[WhpRegisterList.General..WhpRegisterList.Special];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = new() { Low = words[i] };
        }

        _registers.Write(WhpRegisterList.General, values.Length);
        (_nextRip, _nextRax) = (null, null);
    }

    /// <inheritdoc/>
    public void Settle()
    {
        // The platform has not begun the instruction of the last exit, so that nothing can change memory or registers later.
    }

    /// <inheritdoc/>
    public VirtualMachineExit Run()
    {
        _partition.ShowMemory();
        FinishInstruction();
        ref WhpExitContext exit = ref _registers.Exit;
        ulong rip = 0;
        int idle = 0;
        while (TryEnter())
        {
            if (exit.Reason != WhpExitReason.Canceled)
            {
                VirtualMachineExit result = WhpExit.Read(exit);
                _nextRip = result.Kind == VirtualMachineExitKind.Out ? exit.NextRip : null;
                return result;
            }

            if (IsCancelRequested)
            {
                break;
            }

            // A cancel that came after the end of an earlier run ends this one.
            Measures.StaleKicks.Add(1);
            idle = exit.Rip == rip ? idle + 1 : 0;
            rip = exit.Rip;
            if (idle == MostIdleCancels)
            {
                return VirtualMachineExit.Unknown(
                    $"Hyper-V has ended {idle} runs in a row at RIP 0x{rip:X} as canceled, although the host canceled none");
            }
        }

        return VirtualMachineExit.Canceled;
    }

    /// <inheritdoc/>
    public void AnswerWithOnes()
    {
        ref WhpExitContext exit = ref _registers.Exit;
        _nextRip = exit.NextRip;
        _nextRax = WhpExit.AnswerWithOnes(exit);
    }

    /// <inheritdoc/>
    public void Cancel()
    {
        // If no thread is running the guest, the next one sees the request before it enters. If the request was there already, another call
        // has told the platform.
        if ((Interlocked.Or(ref _entry, CancelRequested) & (Running | CancelRequested)) != Running)
        {
            return;
        }

        // A request that the platform keeps refusing ends the run at its next exit.
        for (int calls = 0; calls < MostCancelCalls && _partition.Cancel() < 0 && (Volatile.Read(ref _entry) & Running) != 0; calls++)
        {
            Thread.Yield();
        }
    }

    /// <inheritdoc/>
    public void ClearCancel() => Interlocked.And(ref _entry, ~CancelRequested);

    private GeneralRegisters ReadGeneralRegisters()
    {
        GeneralRegisters registers = default;
        Span<ulong> words = MemoryMarshal.Cast<GeneralRegisters, ulong>(new Span<GeneralRegisters>(ref registers));
        ReadOnlySpan<WhpRegisterValue> values = _registers[WhpRegisterList.General..WhpRegisterList.Special];
        for (int i = 0; i < values.Length; i++)
        {
            words[i] = values[i].Low;
        }

        registers.Rip = _nextRip ?? registers.Rip;
        registers.Rax = _nextRax ?? registers.Rax;
        return registers;
    }

    private void FinishInstruction()
    {
        if (_nextRax is { } rax)
        {
            _registers[WhpRegisterList.RaxPlace] = new() { Low = rax };
            _registers.Write(WhpRegisterList.RaxPlace, 1);
            _nextRax = null;
        }

        if (_nextRip is { } rip)
        {
            _registers[WhpRegisterList.RipPlace] = new() { Low = rip };
            _registers.Write(WhpRegisterList.RipPlace, 1);
            _nextRip = null;
        }
    }

    /// <summary>Runs the guest until it stops, unless the host has asked it to stop.</summary>
    /// <returns><c>true</c> if the guest ran and stopped; <c>false</c> if the host had asked it to stop.</returns>
    private bool TryEnter()
    {
        try
        {
            // The order matters: a cancel that comes between the two steps finds the first bit set, and tells the platform.
            if ((Interlocked.Or(ref _entry, Running) & CancelRequested) != 0)
            {
                return false;
            }

            Enter();
            return true;
        }
        finally
        {
            Interlocked.And(ref _entry, ~Running);
        }
    }

    private void Enter()
    {
        long begin = GuestTime.IsMeasured ? Stopwatch.GetTimestamp() : 0;
        _registers.Run();
        if (GuestTime.IsMeasured)
        {
            TicksInGuest += Stopwatch.GetTimestamp() - begin;
        }
    }
}
