using System.Diagnostics;
using System.Runtime.InteropServices;
using Hyperlight.Concurrency;
using Hyperlight.Memory.Linux;
using Hyperlight.Telemetry;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// The descriptor of a virtual processor and the pages that the kernel shares about the processor. One thread at a time may use the object,
/// except that any thread may call <see cref="Cancel"/> until the object is disposed.
/// </summary>
internal sealed unsafe partial class KvmVcpu : IDisposable
{
    // KVM_RUN answers EAGAIN where it shall be made again, and also for ever where the kernel may start no thread for the machine.
    private const int MostRefusals = 1000;

    // A name that no thread has, because the names are addresses of data.
    private const nuint Kicked = 1;

    private readonly FileDescriptor _descriptor;
    private readonly LinuxMemory _shared;
    private readonly KvmRun* _run;

    // One thread cancels at a time. The lock also makes a run that ends wait for a signal that is being sent.
    private readonly SteadyLock _cancelLock = new();
    private bool _cancelRequested;

    // The thread inside KVM_RUN; 0 while no thread is, and Kicked while one is that was sent a signal.
    private nuint _thread;

    /// <summary>Takes over the descriptor and maps the shared pages.</summary>
    public KvmVcpu(FileDescriptor descriptor, KvmSystem system)
    {
        _descriptor = descriptor;
        try
        {
            SetSignalMask();
            _shared = LinuxMemory.MapDevice(descriptor, (ulong)system.VcpuMappingSize);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }

        // Sound: KVM guarantees that the mapping has at least the size of the structure. The mapping lives until this object is disposed.
        _run = (KvmRun*)_shared.Address;
        _sharesSpecialRegisters = system.KeepsSegmentsInMemory;
        _run->ValidRegisters = SyncGeneralRegisters | (_sharesSpecialRegisters ? SyncSpecialRegisters : 0);
    }

    /// <summary>
    /// Gets how long all runs together have been inside KVM_RUN, in ticks of <see cref="Stopwatch"/>; 0 unless this is measured
    /// (<see cref="GuestTime"/>).
    /// </summary>
    public long TicksInGuest { get; private set; }

    /// <summary>
    /// <c>KVM_ENABLE_CAP</c> of <c>KVM_CAP_ENFORCE_PV_FEATURE_CPUID</c>: makes hypercalls and registers fail whose features CPUID does not
    /// announce. KVM answers the hypercall for the time of day regardless.
    /// </summary>
    public void EnforceParavirtualCpuid()
    {
        KvmEnabledCapability request = new() { Capability = KvmCapability.EnforceParavirtualCpuid };
        request.Arguments[0] = 1;
        KvmIoctl.Require(_descriptor, KvmIoctl.EnableCapability, &request, "KVM_ENABLE_CAP");
    }

    /// <summary><c>KVM_SET_CPUID2</c>: sets the answers of the guest's CPUID.</summary>
    /// <param name="cpuid">The answers that <see cref="KvmSystem.Cpuid"/> returned.</param>
    public void SetCpuid(ReadOnlySpan<byte> cpuid)
    {
        fixed (byte* start = cpuid)
        {
            KvmIoctl.Require(_descriptor, KvmIoctl.SetCpuid2, start, "KVM_SET_CPUID2");
        }
    }

    /// <summary>
    /// <c>KVM_RUN</c>: lets the guest go on until something needs the host. After EAGAIN, and after a signal that is not a cancel, the
    /// request is made again.
    /// </summary>
    public VirtualMachineExit Run()
    {
        if (TryFinishStep())
        {
            return VirtualMachineExit.Debug;
        }

        VirtualMachineExit exit;
        do
        {
            exit = RunToExit();
        }
        while (TryDropTrap(exit));
        return exit;
    }

    /// <summary>Answers the IN or INS of the last exit with a one for each bit. The guest gets the answer at the next entry.</summary>
    public void AnswerWithOnes() => KvmExit.Answer(_run, byte.MaxValue);

    /// <summary>
    /// Makes the current <see cref="Run"/>, and each later one until <see cref="ClearCancel"/>, return
    /// <see cref="VirtualMachineExitKind.Canceled"/>.
    /// </summary>
    public void Cancel()
    {
        using (_cancelLock.Enter())
        {
            Volatile.Write(ref _cancelRequested, true);

            // The flag ends a KVM_RUN that is about to enter the guest. The signal ends a KVM_RUN that has entered the guest. The barrier
            // keeps the order of flag and thread here, and the exchange of the thread keeps it on the side of the run.
            Volatile.Write(ref _run->ImmediateExit, 1);
            Interlocked.MemoryBarrier();
            nuint thread = Volatile.Read(ref _thread);
            if (thread is not (0 or Kicked) && Interlocked.CompareExchange(ref _thread, Kicked, thread) == thread)
            {
                ThreadSignals.Kick(thread);
            }
        }
    }

    /// <summary>Forgets a cancel. To be called only between runs.</summary>
    public void ClearCancel()
    {
        if (!Volatile.Read(ref _cancelRequested))
        {
            return;
        }

        using (_cancelLock.Enter())
        {
            _cancelRequested = false;
            _run->ImmediateExit = 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _shared.Dispose();
        _descriptor.Dispose();
    }

    private VirtualMachineExit RunToExit()
    {
        bool canceled = false;
        int refusals = 0;
        nuint thread = ThreadSignals.CurrentThread();
        Interlocked.Exchange(ref _thread, thread);
        try
        {
            while (EnterGuest() != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == Errno.BadAddress)
                {
                    return VirtualMachineExit.Unknown(
                        "KVM found no host memory for a page of the guest: a mapped file became shorter or cannot be read");
                }

                if (error is not (Errno.Interrupted or Errno.TryAgain) || (error == Errno.TryAgain && ++refusals == MostRefusals))
                {
                    throw Errno.Failure(SystemLimits.RunOfGuest, error);
                }

                if (Volatile.Read(ref _cancelRequested))
                {
                    canceled = true;
                    return VirtualMachineExit.Canceled;
                }

                // A signal from another sender would end KVM_RUN again and again if the thread blocks the signal, so the signal is dropped.
                ThreadSignals.Drain();
            }
        }
        finally
        {
            // From here on no other thread sends the signal to this thread.
            if (Interlocked.CompareExchange(ref _thread, 0, thread) != thread)
            {
                EndKick(canceled);
            }
        }

        _exitRip = _run->Registers.Rip;
        VirtualMachineExit exit = KvmExit.Read(_run);
        _isUnfinished = exit.Kind != VirtualMachineExitKind.Debug;
        return exit;
    }

    private int EnterGuest()
    {
        _isFloatingPointReset = false;
        if (!GuestTime.IsMeasured)
        {
            return KvmIoctl.Call(_descriptor, KvmIoctl.Run, 0);
        }

        long begin = Stopwatch.GetTimestamp();
        int result = KvmIoctl.Call(_descriptor, KvmIoctl.Run, 0);
        TicksInGuest += Stopwatch.GetTimestamp() - begin;
        return result;
    }

    /// <summary>Waits until the signal of a cancel was sent, and takes it back if it still waits.</summary>
    /// <param name="canceled">Whether the cancel stopped the run. Otherwise the signal came too late.</param>
    private void EndKick(bool canceled)
    {
        using (_cancelLock.Enter())
        {
            _thread = 0;
        }

        ThreadSignals.Drain();
        if (!canceled)
        {
            Measures.StaleKicks.Add(1);
        }
    }

    /// <summary>
    /// <c>KVM_SET_SIGNAL_MASK</c>: lets nothing but the signals of a cancel interrupt KVM_RUN, whatever signals a thread blocks.
    /// </summary>
    private void SetSignalMask()
    {
        // struct kvm_signal_mask: the length of the kernel's sigset_t in bytes, directly followed by the sigset_t.
        byte* argument = stackalloc byte[sizeof(uint) + sizeof(ulong)];
        *(uint*)argument = sizeof(ulong);
        *(ulong*)(argument + sizeof(uint)) = ThreadSignals.AllButKicks;
        KvmIoctl.Require(_descriptor, KvmIoctl.SetSignalMask, argument, "KVM_SET_SIGNAL_MASK");
    }
}
