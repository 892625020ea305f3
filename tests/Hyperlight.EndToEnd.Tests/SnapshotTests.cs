namespace Hyperlight.EndToEnd.Tests;

/// <summary>Tests snapshots that a build takes, and programs that use them.</summary>
public sealed class SnapshotTests(PackageFolder packages)
{
    private const string Output = "bin/Debug/net10.0/guests/warm";

    // At its start the guest asks the host for its settings and prints a line. Both show in the output if the guest starts again.
    private const string Program = """
        using GuestImage image = GuestImage.Open(Directory.GetDirectories(Path.Combine(AppContext.BaseDirectory, "guests"))[0]);
        try
        {
            using Sandbox sandbox = image.CreateSandbox(options =>
            {
                options.Print = Console.Out;
                options.HostFunctions.Add("Settings", () => "of the program");
            });
            Console.WriteLine($"{sandbox.Call<string>("Settings")}, {image.CheckSnapshot()?.Rule.Code ?? "no finding"}");
            return 0;
        }
        catch (HyperlightException e)
        {
            Console.WriteLine(e.Message);
            return 1;
        }
        """;

    [Fact]
    public void A_program_starts_from_the_snapshot_of_the_build()
    {
        Kvm.Require();
        using Workspace workspace = Warm("""Snapshot="true" """);
        workspace.Write(
            "guests/warm.host.json",
            """{ "functions": [ { "name": "Settings", "parameters": [], "returns": "string", "value": "of the build" } ] }""");

        workspace.Build("build").MustSucceed();
        Assert.Equal("of the build, no finding", Run(workspace).Output.TrimEnd());

        string[] files = workspace.FilesBelow(Output);
        Assert.DoesNotContain(" with a snapshot", workspace.Build("build").MustSucceed().Output, StringComparison.Ordinal);
        Assert.Equal(files, workspace.FilesBelow(Output));
        workspace.Build("publish", "-o", "out").MustSucceed();
        Assert.Equal(files, workspace.FilesBelow("out/guests/warm"));
    }

    [Fact]
    public void A_class_library_of_the_solution_gives_the_host_functions()
    {
        Kvm.Require();
        using Workspace workspace = Warm(
            """Snapshot="true" HostFunctionsAssembly="../Functions/bin/$(Configuration)/net10.0/Functions.dll" """,
            """<ItemGroup><ProjectReference Include="../Functions/Functions.csproj" /></ItemGroup>""");
        workspace.Write("../Functions/Functions.csproj", """
            <Project Sdk="Hyperlight.Sdk/0.1.0">
              <PropertyGroup><OutputType>Library</OutputType></PropertyGroup>
              <ItemGroup><ProjectReference Include="../Texts/Texts.csproj" /></ItemGroup>
            </Project>
            """);
        workspace.Write("../Functions/Settings.cs", """
            public static class Settings
            {
                [SnapshotHostFunctions]
                public static void Add(HostFunctions functions) => functions.Add("Settings", () => Texts.Value);
            }
            """);
        workspace.Write(
            "../Texts/Texts.csproj",
            """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>""");
        workspace.Write("../Texts/Texts.cs", """public static class Texts { public static string Value => "of a library"; }""");

        workspace.Build("build").MustSucceed();
        Assert.Equal("of a library, no finding", Run(workspace).Output.TrimEnd());

        // Only the library that the assembly loads changes.
        workspace.Write("../Texts/Texts.cs", """public static class Texts { public static string Value => "of another!"; }""");
        workspace.Build("build").MustSucceed();
        Assert.Equal("of another!, no finding", Run(workspace).Output.TrimEnd());
        workspace.Build("pack", "--no-build", "-c", "Debug").MustSucceed();
    }

    [Fact]
    public void A_guest_that_fails_at_its_start_fails_a_build_that_insists_and_warns_one_that_does_not()
    {
        Kvm.Require();
        using Workspace workspace = Warm("""Snapshot="true" """);

        DotNetResult insisted = workspace.Build("build");
        Assert.NotEqual(0, insisted.ExitCode);
        Assert.Contains("App.csproj(2): error HL3011: Snapshot of guest 'warm': ", insisted.Output, StringComparison.Ordinal);
        Assert.Contains("Settings was not found", insisted.Output, StringComparison.Ordinal);

        workspace.Write("App.csproj", workspace.Read("App.csproj").Replace("\"true\"", "\"auto\"", StringComparison.Ordinal));
        DotNetResult optional = workspace.Build("build");
        Assert.Equal(0, optional.ExitCode);
        Assert.Contains("App.csproj(2): warning HL3011: ", optional.Output, StringComparison.Ordinal);
        Assert.Equal("the guest has started\nof the program, no finding", Run(workspace).Output.TrimEnd());
    }

    [Fact]
    public void A_snapshot_that_was_changed_is_refused_and_one_for_another_processor_left_aside()
    {
        Kvm.Require();
        using Workspace workspace = Warm("""Snapshot="true" """);
        workspace.Write(
            "guests/warm.host.json",
            """{ "functions": [ { "name": "Settings", "parameters": [], "returns": "string", "value": "of the build" } ] }""");
        workspace.Build("build").MustSucceed();
        SavedImage image = new(workspace.PathOfImage(Output));

        image.ReplaceSnapshotConfig(config => config.Replace(image.CpuVendor, "AnotherMaker", StringComparison.Ordinal));
        Assert.Equal("the guest has started\nof the program, HL3007", Run(workspace).Output.TrimEnd());

        image.DamageSnapshotMemory();
        image.ReplaceSnapshotConfig(config => config.Replace("AnotherMaker", image.CpuVendor, StringComparison.Ordinal));
        DotNetResult refused = workspace.DotNet("bin/Debug/net10.0/App.dll");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("HL3003: ", refused.Output, StringComparison.Ordinal);
    }

    private Workspace Warm(string metadata, string body = "")
    {
        Workspace workspace = new(packages);
        workspace.Write("App.csproj", $"""
            <Project Sdk="Hyperlight.Sdk/0.1.0">
              <ItemGroup><HyperlightGuest Include="guests/warm.elf" {metadata}/></ItemGroup>
              {body}
            </Project>
            """);
        workspace.AddGuest("tests/guests/warm.elf");
        workspace.Write("Program.cs", Program);
        return workspace;
    }

    private static DotNetResult Run(Workspace workspace) => workspace.DotNet("bin/Debug/net10.0/App.dll").MustSucceed();
}
