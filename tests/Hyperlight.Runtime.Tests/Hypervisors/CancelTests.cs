using System.Runtime.InteropServices;
using Hyperlight.Hypervisors;

namespace Hyperlight.Runtime.Tests.Hypervisors;

public partial class CancelTests
{
    private const int Urgent = 23;

    // jmp .
    private static readonly byte[] EndlessLoop = [0xEB, 0xFE];

    // out 0x10, al; jmp to the out
    private static readonly byte[] EndlessOuts = [0xE6, 0x10, 0xEB, 0xFC];

    private static CancellationToken TestCanceled => TestContext.Current.CancellationToken;

    [KvmFact]
    public async Task An_endless_loop_is_stopped_from_another_thread()
    {
        using TinyGuest guest = TinyGuest.RealMode(EndlessLoop);
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
    public async Task A_storm_of_cancels_never_reaches_the_next_run()
    {
        using TinyGuest guest = TinyGuest.RealMode(EndlessOuts);
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
    }

    [KvmFact]
    public async Task A_signal_that_is_no_cancel_does_not_stop_the_run_nor_keep_it_from_being_stopped()
    {
        using TinyGuest guest = TinyGuest.RealMode(EndlessLoop);
        Task<VirtualMachineExit> run = Task.Run(guest.Machine.Run, TestCanceled);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(0, Kill(Environment.ProcessId, Urgent));
            GC.Collect();
            await Task.Delay(1, TestCanceled);
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

    [KvmFact]
    public void A_cancel_after_disposal_does_nothing()
    {
        TinyGuest guest = TinyGuest.RealMode(EndlessLoop);
        guest.Dispose();

        guest.Machine.Cancel();
    }

    private static bool IsKickPending() => (Convert.ToUInt64(ThreadStatus("SigPnd"), 16) & (1UL << (Urgent - 1))) != 0;

    private static string ThreadStatus(string field) => File
        .ReadLines("/proc/thread-self/status")
        .First(line => line.StartsWith(field, StringComparison.Ordinal))
        .Split('\t')[1];

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
