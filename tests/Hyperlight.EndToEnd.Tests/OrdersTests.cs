namespace Hyperlight.EndToEnd.Tests;

/// <summary>Tests the sample whose guest is written in C#.</summary>
public sealed class OrdersTests(PackageFolder packages)
{
    [Fact]
    public void The_sample_prices_an_order_and_passes_its_own_tests()
    {
        Kvm.Require();
        CSharpGuests.Require();
        using Workspace workspace = CSharpGuests.Create(packages, "Orders").AddSample("Orders");
        workspace.Build("build", "Orders.slnx").MustSucceed();

        DotNetResult result = workspace.Run("bash", "-e", "-c", CSharpGuests.Commands(CSharpGuests.PathWithoutTools(workspace))
            + "start bash -c 'Orders/bin/Debug/net10.0/Orders && Orders.Tests/bin/Debug/net10.0/Orders.Tests -noColor'");

        CSharpGuests.RequireMachine(result);
        Assert.StartsWith("120.0", result.MustSucceed().Output, StringComparison.Ordinal);
        Assert.Contains("Total: 5, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0", result.Output, StringComparison.Ordinal);
    }
}
