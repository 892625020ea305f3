using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>A sandbox runs on the hypervisor that it is given, and on no other.</summary>
public sealed class GivenHypervisorTests
{
    [KvmTheory]
    [InlineData("hello")]
    [InlineData("hello32")]
    public void A_sandbox_uses_the_machines_and_the_memory_of_its_hypervisor_alone(string name)
    {
        WatchedHypervisor hypervisor = new(Hypervisor.Chosen);
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start(options => options.Hypervisor = hypervisor);
        Assert.Equal((1, 2), (hypervisor.Machines, hypervisor.Memory.Count));

        Assert.Equal(7, sandbox.Call<int>("EchoInt", 7));
        Assert.Equal(VirtualMachineExitKind.Out, hypervisor.Exits[^1]);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        sandbox.Restore(snapshot);
        Assert.Equal(1, hypervisor.Machines);
        using Sandbox second = snapshot.CreateSandbox(options => options.Hypervisor = hypervisor);

        Assert.Equal(8, second.Call<int>("EchoInt", 8));
        Assert.Equal(2, hypervisor.Machines);
    }

    [Fact]
    public void A_sandbox_on_an_absent_hypervisor_is_HL5001_and_maps_no_memory()
    {
        WatchedHypervisor absent = new(new KvmHypervisor("/dev/no-kvm"));
        using TestGuest guest = new("hello");

        HypervisorException exception = Assert.Throws<HypervisorException>(() => guest.Start(options => options.Hypervisor = absent));

        Assert.Equal(0, absent.Memory.Count);
        Assert.Equal(Rules.NoHypervisor, exception.Finding!.Rule);
        Assert.Contains("modprobe", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sandbox_on_a_device_that_cannot_be_opened_is_HL5004()
    {
        using TestGuest guest = new("hello");

        HypervisorException exception = Assert.Throws<HypervisorException>(
            () => guest.Start(options => options.Hypervisor = new KvmHypervisor("/dev")));

        Assert.Equal(Rules.HypervisorFailed, exception.Finding!.Rule);
    }
}
