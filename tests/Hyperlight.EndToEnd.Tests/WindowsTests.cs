using Hyperlight.Testing;

namespace Hyperlight.EndToEnd.Tests;

/// <summary>Tests programs that are published for Windows on Linux, and run in Wine (tests/wine).</summary>
public sealed class WindowsTests(PackageFolder packages)
{
    private static readonly string Scripts = Path.Combine(Workspace.RepositoryRoot(), "tests", "wine");

    [Theory]
    [InlineData("Hello")]
    [InlineData("Hello32")]
    public void A_sample_published_for_Windows_calls_its_guest_if_the_feature_is_on(string sample)
    {
        Kvm.Require();
        using Workspace workspace = new Workspace(packages, sample).AddSample(sample).WithFeedsOfTheMachine();
        workspace.Build("publish", "-r", "win-x64", "--self-contained", "-o", "out").MustSucceed();
        RequireWine();

        DotNetResult result = workspace.Run(Path.Combine(Scripts, "run.sh"), "--timeout", "60", $"out/{sample}.exe", "Wine");
        DotNetResult without = workspace.Run(
            Path.Combine(Scripts, "run.sh"), "--timeout", "60", "--without-platform", $"out/{sample}.exe");

        string[] lines = result.MustSucceed().Output.ReplaceLineEndings("\n").Split('\n');
        Assert.All(
            ["Hello, Wine!", "20 + 22 = 42", "printed by the guest", "CAFE", "-9223372036854775808", "3.141592653589793"],
            line => Assert.Contains(line, lines));
        Assert.Contains(lines, line => line.StartsWith("World, it is ", StringComparison.Ordinal));
        Assert.Equal(1, without.ExitCode);
        Assert.StartsWith("HL5001: ", Assert.Single(without.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Empty(without.Output);
    }

    private static void RequireWine()
    {
        FinishedProcess? check = FinishedProcess.RunTool(Path.Combine(Scripts, "install.sh"), "--check");
        Assert.SkipUnless(check?.ExitCode == 0, $"probe Wine: {check?.Error.Trim()}");
    }
}
