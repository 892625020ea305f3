namespace Hyperlight.EndToEnd.Tests;

/// <summary>Tests the only dependency of the runtime together with a version that the project references itself.</summary>
public sealed class LoggingTests(PackageFolder packages)
{
    private const string Abstractions = "Microsoft.Extensions.Logging.Abstractions";

    // Prints the version of the loaded ILogger, whether the runtime was built for that version, and the guest's answer if guests can run.
    private const string Program = """
        using Microsoft.Extensions.Logging;
        using Microsoft.Extensions.Logging.Abstractions;

        System.Console.WriteLine(typeof(ILogger).Assembly.GetName().Version);
        System.Console.WriteLine(new SandboxOptions { Logger = NullLogger.Instance }.Logger == NullLogger.Instance);
        if (Hypervisor.IsPresent)
        {
            using Sandbox sandbox = Guests.Hello.CreateSandbox(options => options.Logger = NullLogger.Instance);
            System.Console.WriteLine(sandbox.Call<string>("SayHello", "World"));
        }
        """;

    [Fact]
    public void A_project_may_use_a_logger_without_a_reference_of_its_own()
    {
        using Workspace workspace = Workspace.WithHello(packages, program: Program);

        workspace.Build("build").MustSucceed();

        AssertRuns(workspace, "10.0.0.0");
    }

    [Theory]
    [InlineData("10.0.0")]
    [InlineData("10.0.14")]
    public void A_project_may_reference_a_version_that_fits_NET_10(string version)
    {
        using Workspace workspace = Workspace.WithHello(packages, $"""
            <ItemGroup><PackageReference Include="{Abstractions}" Version="{version}" /></ItemGroup>
            """, Program).WithFeedsOfTheMachine();

        DotNetResult result = workspace.Build("build", "-warnaserror").MustSucceed();

        Assert.DoesNotContain("warning", result.Output, StringComparison.Ordinal);
        AssertRuns(workspace, "10.0.0.0");
    }

    [Fact]
    public void A_project_that_references_an_older_version_is_told_which_one_is_needed()
    {
        using Workspace workspace = Workspace.WithHello(packages, $"""
            <ItemGroup><PackageReference Include="{Abstractions}" Version="8.0.0" /></ItemGroup>
            """, Program).WithFeedsOfTheMachine();

        DotNetResult result = workspace.Build("build");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(
            $"error NU1605: Warning As Error: Detected package downgrade: {Abstractions} from 10.0.0 to 8.0.0",
            result.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_may_use_the_framework_that_has_it_too()
    {
        using Workspace workspace = Workspace.WithHello(packages, """
            <ItemGroup><FrameworkReference Include="Microsoft.AspNetCore.App" /></ItemGroup>
            """, Program);

        workspace.Build("build", "-warnaserror").MustSucceed();

        AssertRuns(workspace, "10.0.0.0");
    }

    private static void AssertRuns(Workspace workspace, string version)
    {
        string[] lines = workspace.DotNet("bin/Debug/net10.0/App.dll").MustSucceed().Output.TrimEnd().Split('\n');

        Assert.Equal([version, "True"], lines[..2]);
        Assert.All(lines[2..], line => Assert.Equal("Hello, World!", line));
    }
}
