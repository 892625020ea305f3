using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Snapshots;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>A sandbox runs on the hypervisor that it is given, and on no other.</summary>
public sealed class GivenHypervisorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

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

    [KvmFact]
    public void A_snapshot_of_one_hypervisor_is_HL3007_on_another()
    {
        using TestGuest guest = new("hello");
        using (Sandbox sandbox = guest.Start())
        {
            using Snapshot snapshot = sandbox.TakeSnapshot();
            snapshot.Save(_directory.Path, "waiting");
        }

        MachineIdentity here = Hypervisor.Chosen.Identity;
        SnapshotFile.Load(_directory.Path, "waiting", verifyContent: true, new WatchedHypervisor(Hypervisor.Chosen)).Dispose();
        WatchedHypervisor other = new(Hypervisor.Chosen) { Disguise = here with { Hypervisor = "whp" } };
        HyperlightException exception = Assert.Throws<HyperlightException>(
            () => SnapshotFile.Load(_directory.Path, "waiting", verifyContent: true, other));

        Assert.Equal(Rules.SnapshotMachineDiffers, exception.Finding!.Rule);
    }
}
