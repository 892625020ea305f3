using System.Runtime.InteropServices;
using Hyperlight.Hypervisors;
using Hyperlight.Runtime.Tests.Hostile;

namespace Hyperlight.Runtime.Tests.Hypervisors;

public partial class CancelTests
{
    private const int Urgent = 23;

    // out 0x10, al; jmp to the out
    private static readonly byte[] EndlessOuts = [0xE6, 0x10, 0xEB, 0xFC];

    // inc word [0x1800]; jmp to the inc
    private static readonly byte[] EndlessCount = [0xFF, 0x06, 0x00, 0x18, 0xEB, 0xFA];

    [KvmFact]
    public async Task An_endless_loop_is_stopped_from_another_thread()
    {
        using TinyGuest guest = TinyGuest.RealMode(GuestCode.Forever);
        Task<VirtualMachineExit> run = Task.Run(guest.Machine.Run, TestCanceled);
        Assert.NotSame(run, await Task.WhenAny(run, Task.Delay(50, TestCanceled)));

        guest.Machine.Cancel();

        Assert.Equal(VirtualMachineExit.Canceled, await run);
        Assert.Equal(TinyGuest.CodeAddress, guest.Machine.GetRegisters().Rip);
    }

    [KvmFact]
    public void A_cancel_before_the_run_stops_it_and_every_later_one_until_it_is_cleared()
    {
        using TinyGuest guest = TinyGuest.RealMode(EndlessOuts);
        guest.Machine.Cancel();

        Assert.Equal(VirtualMachineExit.Canceled, guest.Machine.Run());
        Assert.Equal(VirtualMachineExit.Canceled, guest.Machine.Run());

        guest.Machine.ClearCancel();
        Assert.Equal(VirtualMachineExitKind.Out, guest.Machine.Run().Kind);
    }

    [KvmFact]
    public async Task A_storm_of_cancels_never_reaches_the_next_run_nor_anybody_else()
    {
        using TinyGuest guest = TinyGuest.RealMode(EndlessOuts);
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

    [KvmFact]
    public async Task A_signal_that_is_no_cancel_does_not_stop_the_run_nor_keep_it_from_going_on()
    {
        using TinyGuest guest = TinyGuest.RealMode(EndlessCount);
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

    [KvmFact]
    public void The_signal_mask_of_the_thread_is_as_before_after_a_run()
    {
        using TinyGuest guest = TinyGuest.RealMode(EndlessOuts);
        string before = ThreadStatus("SigBlk");

        guest.Machine.Run();

        Assert.Equal(before, ThreadStatus("SigBlk"));
    }

    private static bool IsKickPending() => (Convert.ToUInt64(ThreadStatus("SigPnd"), 16) & (1UL << (Urgent - 1))) != 0;

    private static string ThreadStatus(string field) => File
        .ReadLines("/proc/thread-self/status")
        .First(line => line.StartsWith(field, StringComparison.Ordinal))
        .Split('\t')[1];

    // Waits until the guest has counted on. The test fails if the guest does not count.
    private static async Task WaitForCount(TinyGuest guest)
    {
        ushort Count() => BitConverter.ToUInt16(guest.Memory.Slice(0x800, 2));
        ushort before = Count();
        for (int i = 0; Count() == before; i++)
        {
            Assert.InRange(i, 0, 5000);
            await Task.Delay(1, TestCanceled);
        }
    }

    [LibraryImport("libc", EntryPoint = "pthread_self")]
    private static partial nuint CurrentThread();

    [LibraryImport("libc", EntryPoint = "pthread_kill")]
    private static partial int SendToThread(nuint thread, int signal);
}
