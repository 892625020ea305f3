namespace Hyperlight.Snapshotter.Tests;

public sealed class HostFunctionsAssemblyTests
{
    private static readonly string OwnPath = typeof(HostFunctionsAssemblyTests).Assembly.Location;

    [Fact]
    public void The_marked_method_adds_its_functions()
    {
        HostFunctions functions = new();

        HostFunctionsAssembly.Add(OwnPath, functions);

        Assert.Equal(["Marked"], functions.Names);
    }

    [Fact]
    public void A_method_that_throws_is_HL4013_with_what_it_threw()
    {
        HostFunctions functions = new();
        functions.Add("Marked", () => 1);

        HyperlightException refused = Assert.Throws<HyperlightException>(() => HostFunctionsAssembly.Add(OwnPath, functions));

        Assert.Equal(Rules.BadHostFunctions, refused.Finding!.Rule);
        Assert.Contains("has already been added", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Hyperlight.Testing.dll", "no public static method")]
    [InlineData("Hyperlight.Snapshotter.Tests.runtimeconfig.json", "does not add host functions")]
    [InlineData("missing.dll", "missing.dll")]
    public void An_assembly_without_such_a_method_is_HL4013(string file, string why)
    {
        HyperlightException refused = Assert.Throws<HyperlightException>(
            () => HostFunctionsAssembly.Add(Path.Combine(AppContext.BaseDirectory, file), new()));

        Assert.Equal(Rules.BadHostFunctions, refused.Finding!.Rule);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }
}
