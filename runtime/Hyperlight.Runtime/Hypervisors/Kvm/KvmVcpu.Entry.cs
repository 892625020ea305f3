using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

// What the next entry begins with: registers in the pages shared with the kernel, and nothing left over from the last exit.
internal sealed unsafe partial class KvmVcpu
{
    // KVM_SYNC_X86_…: registers in the shared pages.
    private const ulong SyncGeneralRegisters = 1;
    private const ulong SyncSpecialRegisters = 2;
    private const ulong SyncEvents = 4;

    // KVM emulates a string instruction in steps of at most 1024 elements, each with an exit or two where it touches no memory.
    private const int MaxExitsOfAnInstruction = 4096;

    // Whether each exit leaves the special registers in the shared pages.
    private readonly bool _sharesSpecialRegisters;

    // Where the processor was at the last exit; as a linear address since the reset after it.
    private ulong _exitRip;
    private ulong _exitAddress;

    // Whether the next entry is to have other special registers, which the kernel has not taken yet.
    private bool IsReset => (_run->DirtyRegisters & SyncSpecialRegisters) != 0;

    /// <summary>The general registers at the last exit, which the kernel left in the shared pages.</summary>
    public GeneralRegisters GetRegisters() => _run->Registers;

    /// <summary>The general registers for the next entry, which the kernel takes from the shared pages.</summary>
    public void SetRegisters(in GeneralRegisters registers)
    {
        // At an entry after an OUT KVM steps over that instruction if the processor still is where it was. By its guest's design that could be where the
        // next guest starts, which would miss its first instruction.
        if (IsReset && _run->SpecialRegisters.Linear(registers.Rip) == _exitAddress)
        {
            Commit();
        }

        _run->Registers = registers;
        _run->DirtyRegisters |= SyncGeneralRegisters;
    }

    /// <summary>
    /// Lets KVM finish the instruction of the last exit without going on in the guest. Until then KVM would finish it at the next entry, with registers
    /// and memory that no longer are those of the exit. Nothing to do after an OUT or a HLT: what an OUT leaves undone is no more than to step over it, and
    /// <see cref="SetRegisters"/> takes care of that. Nothing after a reset either, before which it was done.
    /// </summary>
    public void CompleteExit()
    {
        if (!IsReset && !KvmExit.IsComplete(_run))
        {
            RunWithoutEntering();
        }
    }

    /// <summary>
    /// Gives the next entry other special registers, and CR8 with them; no exception is on its way any more, no interrupt but one that they have, and none
    /// is held back. The kernel takes all of it from the shared pages with the general registers, which are still to be set.
    /// </summary>
    public void Reset(in SpecialRegisters registers)
    {
        if (!IsReset)
        {
            _exitAddress = (_sharesSpecialRegisters ? _run->SpecialRegisters : GetSpecialRegisters()).Linear(_exitRip);
        }

        _run->SpecialRegisters = new(registers);

        // An entry takes CR8 from there; the special registers alone would leave what the guest put into it.
        _run->Cr8 = registers.Cr8;
        _run->Events = new() { Flags = KvmVcpuEvents.NonMaskablePending | KvmVcpuEvents.InterruptShadow };
        if (registers.Interrupt is { } vector)
        {
            // The events would take it back.
            _run->Events.InterruptInjected = 1;
            _run->Events.InterruptNumber = vector;
        }

        _run->DirtyRegisters |= SyncSpecialRegisters | SyncEvents;
    }

    /// <summary>Lets the kernel take what the next entry is to have now, for requests that build on it. The general registers are left as after a reset.</summary>
    public void Commit()
    {
        _run->Registers = new() { Rflags = ResetValues.Rflags };
        _run->DirtyRegisters |= SyncGeneralRegisters;
        RunWithoutEntering();
    }

    /// <summary><c>KVM_RUN</c> with <c>immediate_exit</c>: does what is due before an entry, and enters only to finish an instruction that takes several exits.</summary>
    private void RunWithoutEntering()
    {
        Volatile.Write(ref _run->ImmediateExit, 1);
        try
        {
            for (int exits = 0; exits < MaxExitsOfAnInstruction; exits++)
            {
                if (KvmIoctl.Call(_descriptor, KvmIoctl.Run, 0) == 0)
                {
                    continue;
                }

                int error = Marshal.GetLastPInvokeError();
                if (error == Errno.Interrupted)
                {
                    return;
                }

                if (error != Errno.TryAgain)
                {
                    throw Errno.Failure("KVM_RUN", error);
                }
            }

            throw Errno.Failure("KVM_RUN with immediate_exit", Errno.TryAgain);
        }
        finally
        {
            using (_cancelLock.Enter())
            {
                _run->ImmediateExit = _cancelRequested ? (byte)1 : (byte)0;
            }
        }
    }
}
