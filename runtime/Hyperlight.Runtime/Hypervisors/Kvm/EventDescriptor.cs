using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>An event descriptor, eventfd(2): one side gives signals, a thread or KVM on the other side takes them.</summary>
internal sealed unsafe partial class EventDescriptor : IWaitableSignal
{
    // sys/eventfd.h and poll.h.
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const short Readable = 1;

    private const int NanosecondsPerMicrosecond = 1000;
    private const long MicrosecondsPerSecond = 1_000_000;

    /// <summary>Creates a descriptor without a signal. Child processes do not inherit the descriptor.</summary>
    /// <exception cref="HypervisorException">The process has no more descriptors.</exception>
    public EventDescriptor()
    {
        int descriptor = Create(0, NonBlocking | CloseOnExec);
        Handle = descriptor >= 0 ? new(descriptor) : throw Errno.Failure("eventfd", Marshal.GetLastPInvokeError());
    }

    /// <summary>Gets the descriptor itself.</summary>
    public FileDescriptor Handle { get; }

    /// <summary>Gets or sets whether a signal was given. Nothing but the owner sets this property to <c>false</c>.</summary>
    public bool WasSignaled { get; set; }

    /// <inheritdoc/>
    public void Signal()
    {
        WasSignaled = true;

        // The write fails only if 2^64 signals wait.
        ulong one = 1;
        _ = Write(Handle, &one, sizeof(ulong));
    }

    /// <inheritdoc/>
    public void Wait(long microseconds)
    {
        PollRequest request = new() { Descriptor = (int)Handle.DangerousGetHandle(), Events = Readable };
        (long seconds, long rest) = Math.DivRem(Math.Max(microseconds, 0), MicrosecondsPerSecond);
        long* time = stackalloc long[2] { seconds, rest * NanosecondsPerMicrosecond };
        _ = Poll(&request, 1, microseconds < 0 ? null : time, null);
        ulong signals;
        _ = Read(Handle, &signals, sizeof(ulong));
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int Create(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(SafeHandle descriptor, void* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(SafeHandle descriptor, void* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "ppoll")]
    private static partial int Poll(PollRequest* requests, nuint count, long* timeout, void* signals);

    /// <summary><c>struct pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }
}
