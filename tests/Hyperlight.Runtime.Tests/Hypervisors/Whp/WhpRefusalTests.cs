using Hyperlight.Runtime.Tests.Machine;
using Hyperlight.Runtime.Tests.Pool;
using Hyperlight.Runtime.Tests.Regions;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Tests that each call of the platform can fail without harm beyond what the documentation of sandboxes says.</summary>
[Collection(nameof(Alone))]
public sealed class WhpRefusalTests : IWhpTests
{
    public static TheoryData<string> Functions =>
    [
        "WHvGetCapability", "WHvCreatePartition", "WHvSetPartitionProperty", "WHvSetupPartition", "WHvCreateVirtualProcessor",
        "WHvMapGpaRange2", "WHvUnmapGpaRange", "WHvGetVirtualProcessorRegisters", "WHvSetVirtualProcessorRegisters",
        "WHvGetVirtualProcessorXsaveState", "WHvSetVirtualProcessorXsaveState", "WHvRunVirtualProcessor",
    ];

    // A partition that cannot be deleted stays: nobody can do more for it. A cancel is not part of the life of these sandboxes.
    [Theory]
    [InlineData("WHvGetCapability", "Start")]
    [InlineData("WHvCreatePartition", "Start", "Resume")]
    [InlineData("WHvSetPartitionProperty", "Start", "Resume")]
    [InlineData("WHvSetupPartition", "Start", "Resume")]
    [InlineData("WHvCreateVirtualProcessor", "Start", "Resume")]
    [InlineData("WHvMapGpaRange2", "Start", "MapRegion", "MapFile", "Restore", "Resume")]
    [InlineData("WHvUnmapGpaRange", "Release", "Unmap", "Restore")]
    [InlineData("WHvGetVirtualProcessorRegisters", "Start", "TakeSnapshot")]
    [InlineData("WHvSetVirtualProcessorRegisters", "Start", "Call", "Restore", "Resume")]
    [InlineData("WHvGetVirtualProcessorXsaveState", "Start")]
    [InlineData("WHvSetVirtualProcessorXsaveState", "Call")]
    [InlineData("WHvRunVirtualProcessor", "Start", "Call")]
    [InlineData("WHvDeleteVirtualProcessor", "Dispose")]
    public void A_call_that_fails_leaves_the_documented_state_and_leaks_nothing(string function, params string[] steps)
    {
        _ = TestHypervisor.Whp;

        HashSet<(string Step, string Request)> refused = Refusals.InTurn(
            GuestFile.Amd64, number => new RefusedCall(function, number));

        Assert.Superset(steps.ToHashSet(), refused.Select(place => place.Step).ToHashSet());
    }

    /// <summary>A pool heals or replaces a sandbox whose restore failed, so that only some failures reach the tenant.</summary>
    [Theory]
    [MemberData(nameof(Functions))]
    public async Task A_call_that_fails_in_a_pool_is_the_tenants_exception_or_nobodys_and_the_pool_heals(string function)
    {
        _ = TestHypervisor.Whp;
        using PoolGuest guest = new();
        for (int number = 1; ; number++)
        {
            RefusedCall refusal = new(function, number);
            using (SandboxPool pool = guest.Open(maxCount: 1, configure: options => options.Hypervisor = refusal.Hypervisor))
            {
                bool wasReached;
                using (refusal)
                {
                    for (int tenant = 0; tenant < 2; tenant++)
                    {
                        Exception? failure = await Record.ExceptionAsync(async () =>
                        {
                            using SandboxLease lease = await pool.RentAsync(TestCanceled);
                            Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(lease));
                            lease.Sandbox.Call("SetDataWord", tenant);
                        });
                        Assert.True(
                            failure is null || (refusal.Request is not null && refusal.IsReason(failure)),
                            $"{function} {number}: {failure}");
                    }

                    wasReached = refusal.Request is not null;
                }

                using (SandboxLease healed = await pool.RentAsync(TestCanceled))
                {
                    Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(healed));
                }

                if (!wasReached)
                {
                    Assert.InRange(number, 2, int.MaxValue);
                    break;
                }
            }

            Assert.Equal(WhpState.Empty, WhpState.Now());
        }
    }
}
