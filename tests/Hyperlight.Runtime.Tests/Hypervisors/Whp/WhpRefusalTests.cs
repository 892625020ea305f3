using Hyperlight.Runtime.Tests.Machine;
using Hyperlight.Runtime.Tests.Regions;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Tests that each call of the platform can fail without harm beyond what the documentation of sandboxes says.</summary>
[Collection(nameof(Alone))]
public sealed class WhpRefusalTests : IWhpTests
{
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

        Assert.Superset(new HashSet<(string, string)>(steps.Select(step => (step, function))), refused);
    }
}
