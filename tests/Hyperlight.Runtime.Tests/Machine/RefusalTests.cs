using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Runtime.Tests.Regions;
using static Hyperlight.Runtime.Tests.Regions.GuestFile;

namespace Hyperlight.Runtime.Tests.Machine;

/// <summary>
/// Tests that each request which a hypervisor or an operating system can refuse leaves the sandbox in the state that the documentation
/// says, and leaks nothing. No other tests run at the same time, because the tests count the files of the whole process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class RefusalTests
{
    [KvmTheory]
    [InlineData(Amd64)]
    [InlineData(I686)]
    [InlineData(Flat)]
    public void A_refused_request_leaves_the_documented_state_and_leaks_nothing(string name)
    {
        using TestGuest guest = new(name);
        using GuestFile file = new(5000);
        using SharedRegion region = SharedRegion.FromBytes("region", [7]);
        HashSet<(string Step, string Request)> refused = [];
        guest.Start().Dispose();
        HostState before = HostState.WithKeptMachine();
        for (int number = 1; ; number++)
        {
            using RefusedScenario scenario = new(guest, file.Path, region, FreeAddress(name), number);
            string? step = scenario.Run();
            scenario.Dispose();
            using (Sandbox next = guest.Start())
            {
                Assert.Equal(42, next.Call<int>("DataWord"));
            }

            HostState after = HostState.WithKeptMachine();
            Assert.True(before == after, $"{scenario.Request} in {step} leaked: {before} became {after}");
            Assert.True(scenario.OpenMemoryCount == 0, $"{scenario.Request} in {step} leaked memory");
            if (step is null)
            {
                break;
            }

            refused.Add((step, scenario.Request!));
        }

        Assert.Superset(
            new HashSet<(string, string)>
            {
                ("Start", "CreateMachine"), ("Start", "Allocate"), ("Start", "Map"), ("Call", "SetRegisters"), ("Call", "Run"),
                ("TakeSnapshot", "GetState"), ("MapFile", "MapReadOnly"), ("MapFile", "Map"), ("Release", "Unmap"), ("Restore", "Settle"),
                ("Restore", "Unmap"), ("Restore", "Zero"), ("Restore", "SetState"), ("Restore", "SetRegisters"), ("Resume", "SetState"),
            },
            refused);
    }
}
