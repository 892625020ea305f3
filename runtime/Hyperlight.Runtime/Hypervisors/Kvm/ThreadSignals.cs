using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// The signals that stop a virtual processor: SIGURG, or SIGSTKFLT if the process has a handler of its own for SIGURG, as programs in Go
/// have. Nothing else sends SIGSTKFLT. The .NET runtime uses neither (the runtime owns SIGRTMIN). A signal with a handler of the process is
/// not sent as long as there is another, so that nothing but KVM_RUN notices the signal.
/// </summary>
internal static unsafe partial class ThreadSignals
{
    private const int Urgent = 23;
    private const int StackFault = 16;

    // A C library's sigset_t, 128 bytes in glibc and musl; the kernel's signals 1 to 64 are its first word.
    private const int SetWords = 16;
    private const ulong Kicks = 1UL << (Urgent - 1) | 1UL << (StackFault - 1);

    // The greatest disposition of a signal that has no handler: SIG_DFL or SIG_IGN.
    private const nuint Ignore = 1;

    // SA_ONSTACK and SA_RESTART: requests that the signal interrupts are made again.
    private const int HandlerFlags = 0x0800_0000 | 0x1000_0000;

    // Sound as a handler: abs takes and returns an int in registers and does nothing else, so that it may run at any time.
    private static readonly nuint DoNothing = (nuint)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "abs");

    /// <summary>Gets the signals that are blocked inside KVM_RUN: all others. Threads of the process that run no guest take them.</summary>
    public const ulong AllButKicks = ~Kicks;

    private static ReadOnlySpan<int> Signals => [Urgent, StackFault];

    /// <summary>Gets the calling thread, for <see cref="Kick"/>.</summary>
    [LibraryImport("libc", EntryPoint = "pthread_self")]
    [SuppressGCTransition]
    public static partial nuint CurrentThread();

    /// <summary>
    /// Gives the signal its handler before the first cancel, so that a failure is found when KVM is opened, and calls change nothing in the
    /// process.
    /// </summary>
    public static void Prepare() => TryHandle(Urgent);

    /// <summary>Sends a signal to a thread, which must be alive. The signal ends a KVM_RUN of the thread.</summary>
    public static void Kick(nuint thread)
    {
        foreach (int signal in Signals)
        {
            if (TryHandle(signal))
            {
                RequireZero(SendToThread(thread, signal), "pthread_kill");
                return;
            }
        }

        RequireZero(SendToThread(thread, Urgent), "pthread_kill");
    }

    /// <summary>Takes back signals that wait for the calling thread because the thread blocks them.</summary>
    public static void Drain()
    {
        ulong* signals = stackalloc ulong[SetWords];
        signals[0] = Kicks;
        long* noTime = stackalloc long[2];
        while (Wait(signals, null, noTime) > 0)
        {
        }
    }

    /// <summary>
    /// Gives a signal a handler that does nothing, because a signal without a handler would not end KVM_RUN, or would end the process.
    /// </summary>
    /// <returns><c>false</c> if the process has a handler of its own, which stays.</returns>
    private static bool TryHandle(int signal)
    {
        SignalAction action;
        RequireZero(SetAction(signal, null, &action), "sigaction");
        if (action.Handler <= Ignore)
        {
            action = new() { Handler = DoNothing, Flags = HandlerFlags };
            RequireZero(SetAction(signal, &action, null), "sigaction");
        }

        return action.Handler == DoNothing;
    }

    private static void RequireZero(int error, string name)
    {
        if (error != 0)
        {
            throw Errno.Failure(name, error > 0 ? error : Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    private static partial int SetAction(int signal, SignalAction* action, SignalAction* before);

    [LibraryImport("libc", EntryPoint = "pthread_kill")]
    private static partial int SendToThread(nuint thread, int signal);

    [LibraryImport("libc", EntryPoint = "sigtimedwait")]
    private static partial int Wait(ulong* signals, void* information, long* timeout);

    /// <summary>The <c>struct sigaction</c> of glibc and musl. Fields without a name here are 0.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    private struct SignalAction
    {
        [FieldOffset(0)]
        public nuint Handler;

        [FieldOffset(136)]
        public int Flags;
    }
}
