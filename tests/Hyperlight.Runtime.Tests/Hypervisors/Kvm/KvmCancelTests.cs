using System.Runtime.InteropServices;
using Hyperlight.Hypervisors;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

/// <summary>Tests cancels on KVM, and the signals by which they stop a thread.</summary>
public sealed partial class KvmCancelTests() : CancelTests(TestHypervisor.Kvm)
{
    private const int Urgent = 23;
    private const int StackFault = 16;
    private const int SignalIgnored = 1;
    private const int Block = 0;
    private const int SetMask = 2;

    // inc word [0x1800]; jmp to the inc
    private static readonly byte[] EndlessCount = [0xFF, 0x06, 0x00, 0x18, 0xEB, 0xFA];

    [Fact]
    public async Task A_storm_of_cancels_never_reaches_the_next_run_nor_anybody_else()
    {
        using TinyGuest guest = RealMode(EndlessOuts);
        int strays = 0;
        using PosixSignalRegistration handler = PosixSignalRegistration.Create((PosixSignal)Urgent, _ => Interlocked.Increment(ref strays));
        Random random = new(20261122);
        for (int i = 0; i < 1000; i++)
        {
            int spins = random.Next(400);
            Task cancel = Task.Run(
                () =>
                {
                    Thread.SpinWait(spins);
                    guest.Machine.Cancel();
                },
                TestCanceled);
            while (guest.Machine.Run().Kind != VirtualMachineExitKind.Canceled)
            {
            }

            Assert.False(IsKickPending());
            await cancel;
            guest.Machine.ClearCancel();
            guest.Machine.ClearCancel();
            Assert.Equal(VirtualMachineExitKind.Out, guest.Machine.Run().Kind);
        }

        // A kick that was left over would have reached the signal handler of the process.
        Assert.Equal(0, strays);
    }

    [Fact]
    public async Task A_signal_that_is_no_cancel_does_not_stop_the_run_nor_keep_it_from_going_on()
    {
        using TinyGuest guest = RealMode(EndlessCount);
        TaskCompletionSource<nuint> thread = new();
        Task<VirtualMachineExit> run = Task.Run(
            () =>
            {
                thread.SetResult(CurrentThread());
                return guest.Machine.Run();
            },
            TestCanceled);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(0, SendToThread(await thread.Task, Urgent));
            GC.Collect();
            await WaitForCount(guest);
        }

        Assert.False(run.IsCompleted);
        guest.Machine.Cancel();
        Assert.Equal(VirtualMachineExit.Canceled, await run);
    }

    /// <summary>A thread that blocks signals, as threads of other runtimes in the process may do, is stopped too.</summary>
    [Fact]
    public async Task A_thread_that_blocks_all_signals_is_stopped_and_keeps_none()
    {
        using TinyGuest guest = RealMode(EndlessCount);
        Task<VirtualMachineExit> run = Task.Factory.StartNew(
            () =>
            {
                ulong[] all = new ulong[16];
                ulong[] before = new ulong[16];
                Array.Fill(all, ulong.MaxValue);
                Assert.Equal(0, SetThreadMask(Block, all, before));
                VirtualMachineExit exit = guest.Machine.Run();
                Assert.False(IsKickPending());
                Assert.Equal(0, SetThreadMask(SetMask, before, all));
                return exit;
            },
            TestCanceled,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await WaitForCount(guest);

        guest.Machine.Cancel();

        Assert.Equal(VirtualMachineExit.Canceled, await run);
    }

    /// <summary>The kernel drops signals that a process ignores. A cancel gives its signal a handler first.</summary>
    [Fact]
    public async Task A_process_that_ignores_the_signal_again_can_still_cancel()
    {
        using TinyGuest guest = RealMode(EndlessCount);
        for (int i = 0; i < 3; i++)
        {
            SetHandler(Urgent, SignalIgnored);
            Task<VirtualMachineExit> run = Task.Run(guest.Machine.Run, TestCanceled);
            await WaitForCount(guest);
            guest.Machine.Cancel();
            Assert.Equal(VirtualMachineExit.Canceled, await run);
            guest.Machine.ClearCancel();
        }
    }

    [Fact]
    public void The_signal_mask_of_the_thread_is_as_before_after_a_run()
    {
        using TinyGuest guest = RealMode(EndlessOuts);
        string before = ThreadStatus("SigBlk");

        guest.Machine.Run();

        Assert.Equal(before, ThreadStatus("SigBlk"));
    }

    private static bool IsKickPending() =>
        (Convert.ToUInt64(ThreadStatus("SigPnd"), 16) & (1UL << (Urgent - 1) | 1UL << (StackFault - 1))) != 0;

    private static string ThreadStatus(string field) => File
        .ReadLines("/proc/thread-self/status")
        .First(line => line.StartsWith(field, StringComparison.Ordinal))
        .Split('\t')[1];

    [LibraryImport("libc", EntryPoint = "pthread_self")]
    private static partial nuint CurrentThread();

    [LibraryImport("libc", EntryPoint = "pthread_kill")]
    private static partial int SendToThread(nuint thread, int signal);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int SetThreadMask(int how, [In] ulong[] signals, [Out] ulong[] before);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);
}
