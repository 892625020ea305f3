using Hyperlight.Hypervisors.Whp;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Tests machines whose memory is that of this process, which can have only one at a time (whp sheet, section 1).</summary>
[Collection(nameof(Alone))]
public sealed class OneMachineTests : IWhpTests
{
    public OneMachineTests() => Probes.SkipIf(WhpShim.Missing);

    [Fact]
    public void A_second_sandbox_is_HL5006_and_harms_nobody()
    {
        WhpHypervisor hypervisor = WhpShim.Create(new OwnProcess());
        using TestGuest guest = new("misbehave");
        for (int round = 0; round < 3; round++)
        {
            using Sandbox first = guest.Start(options => options.Hypervisor = hypervisor);

            HypervisorException exception = Assert.Throws<HypervisorException>(
                () => guest.Start(options => options.Hypervisor = hypervisor));

            Assert.Equal(Rules.NoRoomForMachine, exception.Finding!.Rule);
            Assert.DoesNotContain("WHv", exception.Message, StringComparison.Ordinal);
            first.Call("SetDataWord", round);
            Assert.Equal(round, first.Call<int>("DataWord"));
        }

        Assert.Equal(WhpState.Empty, WhpState.Now());
    }

    /// <summary>Another library of the process may have a virtual machine that this SDK does not know.</summary>
    [Fact]
    public void A_machine_beside_one_of_another_library_is_HL5006_and_has_the_result_of_the_platform()
    {
        WhpHypervisor stranger = WhpShim.Create(new OwnProcess());
        WhpHypervisor hypervisor = WhpShim.Create(new OwnProcess());
        using TestGuest guest = new("misbehave");
        using (Sandbox first = guest.Start(options => options.Hypervisor = stranger))
        {
            HypervisorException exception = Assert.Throws<HypervisorException>(
                () => guest.Start(options => options.Hypervisor = hypervisor));

            Assert.Equal(Rules.NoRoomForMachine, exception.Finding!.Rule);
            Assert.Contains("0xC0370008", exception.Message, StringComparison.Ordinal);
            Assert.Equal(42, first.Call<int>("DataWord"));
        }

        using Sandbox next = guest.Start(options => options.Hypervisor = hypervisor);
        Assert.Equal(42, next.Call<int>("DataWord"));
    }

    [Fact]
    public void A_snapshot_of_the_one_sandbox_goes_on_in_the_next()
    {
        WhpHypervisor hypervisor = WhpShim.Create(new OwnProcess());
        using TestGuest guest = new("misbehave");
        Snapshot snapshot;
        using (Sandbox first = guest.Start(options => options.Hypervisor = hypervisor))
        {
            first.Call("SetDataWord", 7);
            snapshot = first.TakeSnapshot();
        }

        using (snapshot)
        using (Sandbox next = snapshot.CreateSandbox(options => options.Hypervisor = hypervisor))
        {
            Assert.Equal(7, next.Call<int>("DataWord"));
        }
    }
}
