using Hyperlight.Hypervisors;
using Hyperlight.Runtime.Tests.Hostile;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>Tests that a cancel stops the run that it is for, whenever it comes, and no other run.</summary>
public abstract class CancelTests : BehaviourTests
{
    // out 0x10, al; jmp to the out
    private protected static readonly byte[] EndlessOuts = [0xE6, 0x10, 0xEB, 0xFC];

    private protected CancelTests(IHypervisor hypervisor)
        : base(hypervisor)
    {
    }

    [Fact]
    public async Task An_endless_loop_is_stopped_from_another_thread()
    {
        using TinyGuest guest = RealMode(GuestCode.Forever);
        Task<VirtualMachineExit> run = Task.Run(guest.Machine.Run, TestCanceled);
        Assert.NotSame(run, await Task.WhenAny(run, Task.Delay(50, TestCanceled)));

        guest.Machine.Cancel();

        Assert.Equal(VirtualMachineExit.Canceled, await run);
        Assert.Equal(TinyGuest.CodeAddress, guest.Machine.GetRegisters().Rip);
    }

    [Fact]
    public void A_cancel_before_the_run_stops_it_and_every_later_one_until_it_is_cleared()
    {
        using TinyGuest guest = RealMode(EndlessOuts);
        guest.Machine.Cancel();

        Assert.Equal(VirtualMachineExit.Canceled, guest.Machine.Run());
        Assert.Equal(VirtualMachineExit.Canceled, guest.Machine.Run());

        guest.Machine.ClearCancel();
        Assert.Equal(VirtualMachineExitKind.Out, guest.Machine.Run().Kind);
    }

    /// <summary>Between two runs of a call the host runs a function of its own, for example.</summary>
    [Fact]
    public void A_cancel_between_two_runs_stops_the_second()
    {
        using TinyGuest guest = RealMode(EndlessOuts);
        Assert.Equal(VirtualMachineExitKind.Out, guest.Machine.Run().Kind);

        guest.Machine.Cancel();

        Assert.Equal(VirtualMachineExit.Canceled, guest.Machine.Run());
    }

    [Fact]
    public async Task Cancels_of_many_threads_stop_one_run_and_none_that_follows_the_last()
    {
        using TinyGuest guest = RealMode(EndlessOuts);
        for (int i = 0; i < 50; i++)
        {
            Task[] cancels = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(guest.Machine.Cancel, TestCanceled))];
            while (guest.Machine.Run().Kind != VirtualMachineExitKind.Canceled)
            {
            }

            await Task.WhenAll(cancels);
            guest.Machine.ClearCancel();
            Assert.Equal(VirtualMachineExitKind.Out, guest.Machine.Run().Kind);
        }
    }

    [Fact]
    public async Task A_guest_that_was_canceled_goes_on_where_it_was()
    {
        // inc word [0x1800]; jmp to the inc
        using TinyGuest guest = RealMode(0xFF, 0x06, 0x00, 0x18, 0xEB, 0xFA);
        for (int i = 0; i < 5; i++)
        {
            Task<VirtualMachineExit> run = Task.Run(guest.Machine.Run, TestCanceled);
            await WaitForCount(guest);
            guest.Machine.Cancel();
            Assert.Equal(VirtualMachineExit.Canceled, await run);
            guest.Machine.ClearCancel();
        }
    }

    [Fact]
    public void A_cancel_survives_settling()
    {
        using TinyGuest guest = RealMode(GuestCode.Forever);
        guest.Machine.Cancel();

        guest.Machine.Settle();

        Assert.Equal(VirtualMachineExit.Canceled, guest.Machine.Run());
    }

    /// <summary>Waits until the guest has counted on at 0x1800. The test fails if the guest does not count.</summary>
    private protected static async Task WaitForCount(TinyGuest guest)
    {
        ushort Count() => BitConverter.ToUInt16(guest.Memory.Slice(0x800, 2));
        ushort before = Count();
        for (int i = 0; Count() == before; i++)
        {
            Assert.InRange(i, 0, 5000);
            await Task.Delay(1, TestCanceled);
        }
    }
}
