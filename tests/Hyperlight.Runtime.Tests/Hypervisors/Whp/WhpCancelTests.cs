using Hyperlight.Hypervisors;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Runtime.Tests.Telemetry;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Tests cancels on the Windows backend, and ends of runs that look like cancels.</summary>
[Collection(nameof(Alone))]
public sealed class WhpCancelTests() : CancelTests(TestHypervisor.Whp), IWhpTests, IDisposable
{
    public void Dispose() => WhpShim.CancelSpuriously(0);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_run_that_ends_as_canceled_though_nobody_asked_is_counted_and_goes_on(int count)
    {
        using Recorder recorder = new();
        using TinyGuest guest = RealMode(EndlessOuts);
        WhpShim.CancelSpuriously((uint)count);

        Assert.Equal(VirtualMachineExit.Out(0x10, 0, 1), guest.Machine.Run());
        Assert.Equal(count, recorder.ValuesOf("hyperlight.vcpu.stale_kicks").Count);
    }

    /// <summary>Old versions of Windows are known to end runs as canceled in place of another exit (whp sheet, section 8).</summary>
    [Fact]
    public void A_run_that_ends_as_canceled_without_end_is_an_exit_that_says_so()
    {
        using TinyGuest guest = RealMode(EndlessOuts);
        WhpShim.CancelSpuriously(uint.MaxValue);

        VirtualMachineExit exit = guest.Machine.Run();

        Assert.Equal(VirtualMachineExitKind.Unknown, exit.Kind);
        Assert.Contains("at RIP 0x1000", exit.Text, StringComparison.Ordinal);
        WhpShim.CancelSpuriously(0);
        Assert.Equal(VirtualMachineExitKind.Out, guest.Machine.Run().Kind);
    }

    [Fact]
    public async Task A_cancel_that_the_platform_refuses_once_is_tried_again()
    {
        using TinyGuest guest = RealMode(GuestCode.Forever);
        Task<VirtualMachineExit> run = Task.Run(guest.Machine.Run, TestCanceled);
        Assert.NotSame(run, await Task.WhenAny(run, Task.Delay(50, TestCanceled)));
        WhpShim.Fail("WHvCancelRunVirtualProcessor", 1, unchecked((int)0x8037_0308));

        guest.Machine.Cancel();

        Assert.Equal(VirtualMachineExit.Canceled, await run.WaitAsync(TimeSpan.FromSeconds(20), TestCanceled));
        WhpShim.Fail(null, 0, 0);
    }
}
