using System.Diagnostics;
using System.Runtime.InteropServices;
using Hyperlight.Concurrency;
using Hyperlight.Memory.Linux;
using Hyperlight.Telemetry;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// The descriptor of a virtual processor and the pages the kernel shares about it. One thread at a time may use it, except that any
/// thread may call <see cref="Cancel"/> until it is disposed.
/// </summary>
internal sealed unsafe partial class KvmVcpu : IDisposable
{
    // Set by benchmarks only. Read once, so that the compiler removes the clock where it is not set.
    private static readonly bool MeasuresTime = AppContext.TryGetSwitch("Hyperlight.MeasureTimeInGuest", out bool isOn) && isOn;

    private readonly FileDescriptor _descriptor;
    private readonly LinuxMemory _shared;
    private readonly KvmRun* _run;

    // Guards everything a cancel needs: the flag and the thread inside KVM_RUN.
    private readonly SteadyLock _cancelLock = new();
    private bool _cancelRequested;
    private bool _kicked;
    private nuint _thread;
    private ulong? _signalMask;

    /// <summary>Takes over the descriptor and maps the shared pages.</summary>
    public KvmVcpu(FileDescriptor descriptor, KvmSystem system)
    {
        _descriptor = descriptor;
        try
        {
            _shared = LinuxMemory.MapDevice(descriptor, (ulong)system.VcpuMappingSize);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }

        // Sound: the mapping is larger than the structure (KVM guarantees at least its size) and lives as long as this object is not disposed.
        _run = (KvmRun*)_shared.Address;
        _sharesSpecialRegisters = system.KeepsSegmentsInMemory;
        _run->ValidRegisters = SyncGeneralRegisters | (_sharesSpecialRegisters ? SyncSpecialRegisters : 0);
    }

    /// <summary>How long all runs together have been inside KVM_RUN, in ticks of <see cref="Stopwatch"/>; 0 unless the switch Hyperlight.MeasureTimeInGuest is on.</summary>
    public long TicksInGuest { get; private set; }

    /// <summary>
    /// <c>KVM_ENABLE_CAP</c> of <c>KVM_CAP_ENFORCE_PV_FEATURE_CPUID</c>: hypercalls and registers of features that CPUID does not announce fail. KVM answers
    /// the hypercall for the time of day regardless.
    /// </summary>
    public void EnforceParavirtualCpuid()
    {
        KvmEnabledCapability request = new() { Capability = KvmSystem.EnforceParavirtualCpuid };
        request.Arguments[0] = 1;
        KvmIoctl.Require(_descriptor, KvmIoctl.EnableCapability, &request, "KVM_ENABLE_CAP");
    }

    /// <summary><c>KVM_SET_CPUID2</c>: what the guest's CPUID gives.</summary>
    public void SetCpuid(ReadOnlySpan<KvmCpuidEntry> entries)
    {
        // struct kvm_cpuid2: the number of entries, padding, the entries.
        byte[] buffer = new byte[(2 * sizeof(uint)) + (entries.Length * sizeof(KvmCpuidEntry))];
        MemoryMarshal.AsBytes(entries).CopyTo(buffer.AsSpan(2 * sizeof(uint)));
        fixed (byte* start = buffer)
        {
            *(uint*)start = (uint)entries.Length;
            KvmIoctl.Require(_descriptor, KvmIoctl.SetCpuid2, start, "KVM_SET_CPUID2");
        }
    }

    /// <summary>
    /// <c>KVM_RUN</c>: lets the guest go on until something needs the host. A signal that is not a cancel (the .NET runtime sends some
    /// for garbage collections) and EAGAIN only make it try again.
    /// </summary>
    public VirtualMachineExit Run()
    {
        ulong mask = ThreadSignals.BlockKicks();
        bool canceled = false;
        try
        {
            SetSignalMask(ThreadSignals.WithoutKicks(mask));
            using (_cancelLock.Enter())
            {
                _thread = ThreadSignals.CurrentThread();
            }

            while (EnterGuest() != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == Errno.BadAddress)
                {
                    return VirtualMachineExit.Unknown("KVM found nothing behind a page of its memory: a mapped file became shorter or cannot be read");
                }

                if (error is not (Errno.Interrupted or Errno.TryAgain))
                {
                    throw Errno.Failure("KVM_RUN", error);
                }

                if (Volatile.Read(ref _cancelRequested))
                {
                    canceled = true;
                    return VirtualMachineExit.Canceled;
                }

                // Somebody else's SIGURG would end KVM_RUN again and again as long as it waits: let the thread have it.
                ThreadSignals.Restore(mask);
                ThreadSignals.BlockKicks();
            }
        }
        finally
        {
            // From here on nobody kicks this thread; a kick that came too late for KVM_RUN is taken back before the mask is.
            bool kicked;
            using (_cancelLock.Enter())
            {
                _thread = 0;
                kicked = _kicked;
                _kicked = false;
            }

            if (kicked)
            {
                ThreadSignals.Drain();
            }

            ThreadSignals.Restore(mask);
            if (kicked && !canceled)
            {
                Measures.StaleKicks.Add(1);
            }
        }

        _exitRip = _run->Registers.Rip;
        return KvmExit.Read(_run);
    }

    /// <summary>Gives the IN or INS of the last exit ones for every bit. KVM hands them to the guest at the next entry.</summary>
    public void AnswerWithOnes() => KvmExit.Answer(_run, byte.MaxValue);

    /// <summary>Makes the current <see cref="Run"/>, and every later one until <see cref="ClearCancel"/>, return <see cref="VirtualMachineExitKind.Canceled"/>.</summary>
    public void Cancel()
    {
        using (_cancelLock.Enter())
        {
            Volatile.Write(ref _cancelRequested, true);

            // The flag ends a KVM_RUN that is about to enter the guest, the signal one that has entered it.
            Volatile.Write(ref _run->ImmediateExit, 1);
            if (_thread != 0 && !_kicked)
            {
                _kicked = true;
                ThreadSignals.Kick(_thread);
            }
        }
    }

    /// <summary>Forgets a cancel. Only between runs.</summary>
    public void ClearCancel()
    {
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

    private int EnterGuest()
    {
        if (!MeasuresTime)
        {
            return KvmIoctl.Call(_descriptor, KvmIoctl.Run, 0);
        }

        long begin = Stopwatch.GetTimestamp();
        int result = KvmIoctl.Call(_descriptor, KvmIoctl.Run, 0);
        TicksInGuest += Stopwatch.GetTimestamp() - begin;
        return result;
    }

    /// <summary><c>KVM_SET_SIGNAL_MASK</c>: the signals that stay blocked in KVM_RUN. Threads rarely differ in it, so it is set when it changes.</summary>
    private void SetSignalMask(ulong mask)
    {
        if (_signalMask == mask)
        {
            return;
        }

        // struct kvm_signal_mask: the length of the kernel's sigset_t in bytes, directly followed by it.
        byte* argument = stackalloc byte[sizeof(uint) + sizeof(ulong)];
        *(uint*)argument = sizeof(ulong);
        *(ulong*)(argument + sizeof(uint)) = mask;
        KvmIoctl.Require(_descriptor, KvmIoctl.SetSignalMask, argument, "KVM_SET_SIGNAL_MASK");
        _signalMask = mask;
    }
}
