using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// The signal that stops a virtual processor: SIGURG. Processes ignore SIGURG by default, so that a stray signal is harmless, and the .NET
/// runtime does not use it (the runtime owns SIGRTMIN). A thread blocks the signal while it runs a guest, except inside KVM_RUN, so that
/// the signal ends nothing else.
/// </summary>
internal static unsafe partial class ThreadSignals
{
    private const int Urgent = 23;
    private const int Block = 0;
    private const int SetMask = 2;

    // A C library's sigset_t, 128 bytes in glibc and musl; the kernel's signals 1 to 64 are its first word.
    private const int SetWords = 16;
    private const ulong UrgentBit = 1UL << (Urgent - 1);

    /// <summary>Gets the calling thread, for <see cref="Kick"/>.</summary>
    [LibraryImport("libc", EntryPoint = "pthread_self")]
    [SuppressGCTransition]
    public static partial nuint CurrentThread();

    /// <summary>Blocks the signal in the calling thread.</summary>
    /// <returns>The signal mask that the thread had before.</returns>
    public static ulong BlockKicks()
    {
        ulong* signals = stackalloc ulong[SetWords];
        ulong* before = stackalloc ulong[SetWords];
        signals[0] = UrgentBit;
        Require(SetThreadMask(Block, signals, before), "pthread_sigmask");
        return before[0];
    }

    /// <summary>Gives the calling thread the signal mask that <see cref="BlockKicks"/> returned.</summary>
    public static void Restore(ulong mask)
    {
        ulong* signals = stackalloc ulong[SetWords];
        signals[0] = mask;
        Require(SetThreadMask(SetMask, signals, null), "pthread_sigmask");
    }

    /// <summary>Gets a signal mask that lets the signal through, for KVM_RUN.</summary>
    public static ulong WithoutKicks(ulong mask) => mask & ~UrgentBit;

    /// <summary>Sends the signal to a thread, which must be alive and block the signal.</summary>
    public static void Kick(nuint thread) => Require(SendToThread(thread, Urgent), "pthread_kill");

    /// <summary>Takes back a signal that waits for the calling thread, if there is one.</summary>
    public static void Drain()
    {
        ulong* signals = stackalloc ulong[SetWords];
        signals[0] = UrgentBit;
        long* noTime = stackalloc long[2];
        while (Wait(signals, null, noTime) > 0)
        {
        }
    }

    private static void Require(int error, string name)
    {
        if (error != 0)
        {
            throw Errno.Failure(name, error);
        }
    }

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int SetThreadMask(int how, ulong* signals, ulong* before);

    [LibraryImport("libc", EntryPoint = "pthread_kill")]
    private static partial int SendToThread(nuint thread, int signal);

    [LibraryImport("libc", EntryPoint = "sigtimedwait")]
    private static partial int Wait(ulong* signals, void* information, long* timeout);
}
