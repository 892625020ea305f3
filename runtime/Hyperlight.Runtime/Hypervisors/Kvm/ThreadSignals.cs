using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// The signal that stops a virtual processor. It is SIGURG: ignored by default, so that even a stray one is harmless, not used by the
/// .NET runtime (which owns SIGRTMIN), and blocked in every thread while that runs a guest. Only KVM_RUN lets it through, so it ends nothing else.
/// </summary>
internal static unsafe partial class ThreadSignals
{
    private const int Urgent = 23;
    private const int Block = 0;
    private const int SetMask = 2;

    // A C library's sigset_t, 128 bytes in glibc and musl; the kernel's signals 1 to 64 are its first word.
    private const int SetWords = 16;
    private const ulong UrgentBit = 1UL << (Urgent - 1);

    /// <summary>The calling thread, as <see cref="Kick"/> wants it.</summary>
    [LibraryImport("libc", EntryPoint = "pthread_self")]
    [SuppressGCTransition]
    public static partial nuint CurrentThread();

    /// <summary>Blocks the signal in the calling thread.</summary>
    /// <returns>The mask the thread had before.</returns>
    public static ulong BlockKicks()
    {
        ulong* signals = stackalloc ulong[SetWords];
        ulong* before = stackalloc ulong[SetWords];
        signals[0] = UrgentBit;
        Require(SetThreadMask(Block, signals, before), "pthread_sigmask");
        return before[0];
    }

    /// <summary>Gives the calling thread a mask that <see cref="BlockKicks"/> returned.</summary>
    public static void Restore(ulong mask)
    {
        ulong* signals = stackalloc ulong[SetWords];
        signals[0] = mask;
        Require(SetThreadMask(SetMask, signals, null), "pthread_sigmask");
    }

    /// <summary>A mask without the signal: what KVM_RUN is to use.</summary>
    public static ulong WithoutKicks(ulong mask) => mask & ~UrgentBit;

    /// <summary>Sends the signal to a thread, which must be alive and have it blocked.</summary>
    public static void Kick(nuint thread) => Require(SendToThread(thread, Urgent), "pthread_kill");

    /// <summary>Takes the signal from the calling thread, where one waits.</summary>
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
