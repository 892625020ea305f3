using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hypervisors;
using Hyperlight.Runtime.Tests.Hypervisors.Whp;

namespace Hyperlight.Runtime.Tests.Comparison;

/// <summary>
/// Runs each guest on KVM and on the Windows backend and compares results, exceptions, registers and each byte of memory: after the start,
/// after each call, and after restores to snapshots of either hypervisor.
/// </summary>
[Collection(nameof(Alone))]
public sealed class HypervisorComparisonTests : IWhpTests
{
    public HypervisorComparisonTests()
    {
        _ = TestHypervisor.Kvm;
        _ = TestHypervisor.Whp;
    }

    public static TheoryData<string, string> Guests => ComparedGuest.All;

    public static TheoryData<string, string> PagedGuests => ComparedGuest.Paged;

    [Theory]
    [MemberData(nameof(Guests))]
    public void A_guest_has_the_same_results_registers_and_memory(string name, string version)
    {
        using TestGuest guest = ComparedGuest.Bake(name, version);
        using Twins twins = new(hypervisor => guest.Image.CreateSandbox(
            options => ComparedGuest.Configure(options, hypervisor), TestCanceled));
        twins.AssertSame("the start");
        foreach ((string call, Func<Sandbox, object?> act) in ComparedGuest.Calls(name))
        {
            twins.Do(call, act);
        }
    }

    [KvmTheory(Needs.Paging32)]
    [MemberData(nameof(PagedGuests))]
    public void A_guest_with_32_bit_paging_has_the_same_results_registers_and_memory(string name, string version) =>
        A_guest_has_the_same_results_registers_and_memory(name, version);

    /// <summary>The snapshots are those of the one hypervisor and of the other in turn.</summary>
    [Theory]
    [MemberData(nameof(Guests))]
    public void A_guest_that_crashes_ends_the_same_and_is_the_same_after_a_restore(string name, string version)
    {
        using TestGuest guest = ComparedGuest.Bake(name, version);
        using Twins twins = new(hypervisor => guest.Image.CreateSandbox(
            options => ComparedGuest.Configure(options, hypervisor), TestCanceled))
        {
            // A guest of 0.17 is given new random numbers at each restore.
            HaveSameMemory = version != "0.17.0",
        };
        (string Name, Func<Sandbox, object?> Act)[] calls = [.. ComparedGuest.Calls(name)];
        using Snapshot ofKvm = twins.OnKvm.TakeSnapshot();
        twins.Do(calls[0].Name, calls[0].Act);
        using Snapshot ofWhp = twins.OnWhp.TakeSnapshot();
        Snapshot[] snapshots = [ofKvm, ofWhp];
        int turn = 0;
        foreach ((string call, Func<Sandbox, object?> act) in ComparedGuest.Crashes(name).Concat(calls))
        {
            twins.Restore(snapshots[turn++ % 2]);
            twins.Do(call, act);
        }
    }

    [KvmFact(Needs.Paging32)]
    public void A_guest_with_32_bit_paging_that_crashes_ends_the_same() =>
        A_guest_that_crashes_ends_the_same_and_is_the_same_after_a_restore("misbehave-paged", "0.16.0");
}
