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
        HashSet<(string Step, string Request)> refused = Refusals.InTurn(name, number => new RefusedRequest(number));

        Assert.Superset(
            new HashSet<(string, string)>
            {
                ("Start", "CreateMachine"), ("Start", "Allocate"), ("Start", "Map"), ("Call", "SetRegisters"), ("Call", "Run"),
                ("TakeSnapshot", "GetState"), ("MapFile", "MapReadOnly"), ("MapFile", "Map"), ("Release", "Unmap"), ("Restore", "Settle"),
                ("Restore", "Unmap"), ("Restore", "Reset"), ("Restore", "SetState"), ("Restore", "SetRegisters"), ("Resume", "SetState"),
            },
            refused);
    }
}
