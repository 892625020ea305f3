using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

// The preparation of the next entry: its registers are put into the pages that are shared with the kernel, and the last exit is finished.
internal sealed unsafe partial class KvmVcpu
{
    // KVM_SYNC_X86_…: the kinds of registers in the shared pages.
    private const ulong SyncGeneralRegisters = 1;
    private const ulong SyncSpecialRegisters = 2;
    private const ulong SyncEvents = 4;

    // KVM emulates a string instruction in steps of at most 1024 elements, each with an exit or two where it touches no memory.
    private const int MaxExitsOfAnInstruction = 4096;

    // Whether each exit leaves the special registers in the shared pages.
    private readonly bool _sharesSpecialRegisters;

    // The address of the instruction of the last exit: the instruction pointer, or the linear address if the registers were reset after the
    // exit.
    private ulong _exitRip;
    private ulong _exitAddress;

    // Whether the special registers of the next entry have been set, and the kernel has not taken them yet.
    private bool IsReset => (_run->DirtyRegisters & SyncSpecialRegisters) != 0;

    /// <summary>Gets the general registers at the last exit, which the kernel left in the shared pages.</summary>
    public GeneralRegisters GetRegisters() => _run->Registers;

    /// <summary>Sets the general registers for the next entry, which the kernel takes from the shared pages.</summary>
    public void SetRegisters(in GeneralRegisters registers)
    {
        // At the entry after an OUT, KVM steps over the OUT if the processor still is at the same address. A guest can choose the address
        // so that the next guest starts there, and would miss its first instruction.
        if (IsReset && _run->SpecialRegisters.Linear(registers.Rip) == _exitAddress)
        {
            Commit();
        }

        _run->Registers = registers;
        _run->DirtyRegisters |= SyncGeneralRegisters;
    }

    /// <summary>
    /// Makes KVM finish the instruction of the last exit without going on in the guest. Otherwise KVM would finish the instruction at the
    /// next entry, with registers and memory that no longer are those of the exit. This method does nothing after a HLT; after an OUT,
    /// which KVM only has to step over (see <see cref="SetRegisters"/>); and after a reset, before which this method was called.
    /// </summary>
    public void CompleteExit()
    {
        if (!IsReset && !KvmExit.IsComplete(_run))
        {
            RunWithoutEntering();
        }
    }

    /// <summary>
    /// Sets the special registers, CR8 among them, for the next entry. Exceptions and interrupts that waited for delivery are dropped,
    /// except the interrupt that the controllers have handed over. The kernel takes the registers from the shared pages together with the
    /// general registers, which have to be set afterwards.
    /// </summary>
    /// <param name="registers">The registers.</param>
    /// <param name="interrupts">The state of the interrupt controllers, or <c>null</c> if there are none or they are as new.</param>
    public void Reset(in SpecialRegisters registers, InterruptState? interrupts = null)
    {
        if (!IsReset)
        {
            _exitAddress = (_sharesSpecialRegisters ? _run->SpecialRegisters : GetSpecialRegisters()).Linear(_exitRip);
        }

        _run->SpecialRegisters = new(registers, interrupts);

        // An entry takes CR8 from here. If only the special registers were set, CR8 would keep the guest's value.
        _run->Cr8 = registers.Cr8;
        _run->Events = new() { Flags = KvmVcpuEvents.NonMaskablePending | KvmVcpuEvents.InterruptShadow };
        if (interrupts?.Vector is { } vector)
        {
            // The events would drop the interrupt of the special registers.
            _run->Events.InterruptInjected = 1;
            _run->Events.InterruptNumber = vector;
        }

        _run->DirtyRegisters |= SyncSpecialRegisters | SyncEvents;
    }

    /// <summary>
    /// Makes the kernel take the registers of the next entry at once, for requests that depend on them. Afterwards the general registers
    /// have their values after a reset.
    /// </summary>
    public void Commit()
    {
        _run->Registers = new() { Rflags = ResetValues.Rflags };
        _run->DirtyRegisters |= SyncGeneralRegisters;
        RunWithoutEntering();
    }

    /// <summary>
    /// <c>KVM_RUN</c> with <c>immediate_exit</c>: does the work that is due before an entry, and enters the guest only to finish an
    /// instruction that takes several exits.
    /// </summary>
    private void RunWithoutEntering()
    {
        // The instruction may be one that changes these registers.
        _isFloatingPointReset = false;
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
