using System.Runtime.InteropServices;
using Hyperlight.Hypervisors;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

/// <summary>Tests cancels on KVM, and the signals by which they stop a thread.</summary>
public sealed partial class KvmCancelTests() : CancelTests(TestHypervisor.Kvm)
{
    private const int Urgent = 23;

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

    [Fact]
    public void The_signal_mask_of_the_thread_is_as_before_after_a_run()
    {
        using TinyGuest guest = RealMode(EndlessOuts);
        string before = ThreadStatus("SigBlk");

        guest.Machine.Run();

        Assert.Equal(before, ThreadStatus("SigBlk"));
    }

    private static bool IsKickPending() => (Convert.ToUInt64(ThreadStatus("SigPnd"), 16) & (1UL << (Urgent - 1))) != 0;

    private static string ThreadStatus(string field) => File
        .ReadLines("/proc/thread-self/status")
        .First(line => line.StartsWith(field, StringComparison.Ordinal))
        .Split('\t')[1];

    [LibraryImport("libc", EntryPoint = "pthread_self")]
    private static partial nuint CurrentThread();

    [LibraryImport("libc", EntryPoint = "pthread_kill")]
    private static partial int SendToThread(nuint thread, int signal);
}
