using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hypervisors;
using Hyperlight.Runtime.Tests.Hypervisors.Kvm;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Tests snapshots with registers that this machine's processor cannot have, as a snapshot of another machine may have.</summary>
[Collection(nameof(Alone))]
[Wine]
public sealed class RefusedStateTests
{
    private const uint KernelGsBase = 0xC000_0102;
    private const ulong WithAvx = 7;

    // Paging without protected mode.
    private const ulong ImpossibleCr0 = 1UL << 31;

    [KvmFact]
    public void A_restore_to_them_fails_and_one_to_others_heals()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();
        using Snapshot good = sandbox.TakeSnapshot();
        Snapshot bad = good.With(good.Content.Processor with { Special = good.Content.Processor.Special with { Cr0 = ImpossibleCr0 } });
        for (int i = 0; i < 2; i++)
        {
            Assert.Throws<HypervisorException>(() => sandbox.Restore(bad));
            Assert.Equal(SandboxState.Poisoned, sandbox.State);
        }

        sandbox.Restore(good);

        Assert.Equal(42, sandbox.Call<int>("DataWord"));
    }

    [KvmFact]
    public void No_sandbox_starts_with_them()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();
        using Snapshot good = sandbox.TakeSnapshot();
        Snapshot bad = good.With(good.Content.Processor with { Special = good.Content.Processor.Special with { Cr0 = ImpossibleCr0 } });

        Assert.Throws<HypervisorException>(() => bad.CreateSandbox());
    }

    [KvmFact]
    public void A_sandbox_that_did_not_start_with_them_leaves_nothing_to_the_next()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();
        using Snapshot good = sandbox.TakeSnapshot();
        KeptMachine.Close();

        // XCR0 has a valid value. The other register has an address that is not canonical.
        Snapshot bad = good.With(good.Content.Processor with
        {
            ExtendedControl = WithAvx,
            Msrs = [new() { Index = KernelGsBase, Value = 0x1234_0000_0000_0000 }],
        });
        Assert.Throws<HypervisorException>(() => bad.CreateSandbox());
        using TinyGuest next = TinyGuest.LongMode(Hypervisor.Chosen, 0xF4);

        Assert.Equal(1UL, next.Machine.GetState().ExtendedControl);
    }
}
