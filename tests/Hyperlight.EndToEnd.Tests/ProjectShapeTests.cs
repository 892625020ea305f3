namespace Hyperlight.EndToEnd.Tests;

/// <summary>
/// Tests projects of many shapes with the commands that people use. The implicit restore of these commands evaluates a project without its
/// default items.
/// </summary>
public sealed class ProjectShapeTests(PackageFolder packages)
{
    private const string AsLibrary =
        "<PropertyGroup><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>";
    private const string Hello = "samples/Hello/guests/hello.elf";

    private const string PrintScratch = "System.Console.WriteLine(Guests.Hello.ScratchSize);";

    [Fact]
    public void Each_shape_builds_runs_publishes_and_packs_with_an_implicit_restore_and_without_one()
    {
        using Workspace workspace = new(packages);
        workspace.Write("../All.slnx", """
            <Solution>
              <Project Path="Library/Library.csproj" /><Project Path="Host/Host.csproj" /><Project Path="Written/Written.csproj" />
              <Project Path="Generated/Generated.csproj" /><Project Path="Itemized/Itemized.csproj" />
            </Solution>
            """);

        // A library with a guest, where Hyperlight.Sdk is added to another SDK.
        workspace.Write(
            "../Library/Library.csproj",
            $"""<Project Sdk="Microsoft.NET.Sdk"><Sdk Name="Hyperlight.Sdk" Version="0.1.0" />{AsLibrary}</Project>""");
        workspace.Write(
            "../Library/Api.cs",
            "namespace Library; public static class Api { public static long Scratch => Guests.Hello.ScratchSize; }");
        workspace.AddGuest(Hello, "../Library/guests/hello.elf");

        // A project with C# and without a guest of its own.
        workspace.Write(
            "../Host/Host.csproj",
            """<Project Sdk="Hyperlight.Sdk/0.1.0"><ItemGroup><ProjectReference Include="../Library/Library.csproj" /></ItemGroup>"""
                + """</Project>""");
        workspace.Write("../Host/Program.cs", "System.Console.WriteLine(Library.Api.Scratch);");

        // A project without C#, whose guest is written by a target and updated in the project's body.
        workspace.AddGuest(Hello, "../Written/made/hello.elf");
        workspace.Write("../Written/Written.csproj", """
            <Project Sdk="Hyperlight.Sdk/0.1.0">
              <ItemGroup><HyperlightGuest Update="guests/hello.elf" HeapSize="2M" /></ItemGroup>
              <Target Name="Write" BeforeTargets="BeforeBuild"><Copy SourceFiles="made/hello.elf" DestinationFolder="guests" /></Target>
            </Project>
            """);

        // A project with a guest, whose program is written by a target.
        workspace.AddGuest(Hello, "../Generated/guests/hello.elf");
        workspace.Write("../Generated/Generated.csproj", $"""
            <Project Sdk="Hyperlight.Sdk/0.1.0">
              <Target Name="Write" BeforeTargets="CoreCompile">
                <WriteLinesToFile File="$(IntermediateOutputPath)Made.cs"
                                  Lines="{PrintScratch.Replace(";", "%3B", StringComparison.Ordinal)}"
                                  Overwrite="true" WriteOnlyWhenDifferent="true" />
                <ItemGroup><Compile Include="$(IntermediateOutputPath)Made.cs" /></ItemGroup>
              </Target>
            </Project>
            """);

        // A project whose guest is listed by a target.
        workspace.AddGuest(Hello, "../Itemized/made/hello.elf");
        workspace.Write("../Itemized/Program.cs", PrintScratch);
        workspace.Write("../Itemized/Itemized.csproj", """
            <Project Sdk="Hyperlight.Sdk/0.1.0">
              <Target Name="List" BeforeTargets="BeforeBuild">
                <ItemGroup><HyperlightGuest Include="made/hello.elf" ScratchSize="4M" /></ItemGroup>
              </Target>
            </Project>
            """);

        workspace.Build("build", "../All.slnx").MustSucceed();

        Assert.Equal("294912", Run(workspace, "Host"));
        Assert.Equal("294912", Run(workspace, "Generated"));
        Assert.Equal("4194304", Run(workspace, "Itemized"));
        string[] written = workspace.FilesBelow("../Written/bin/Debug/net10.0/guests");
        Assert.Contains(
            "2097152",
            File.ReadAllText(
                Directory.EnumerateFiles(
                    workspace.PathOfImage("../Written/bin/Debug/net10.0/guests/hello"), "*", SearchOption.AllDirectories).Single(IsConfig)),
            StringComparison.Ordinal);

        foreach (string project in (string[])["Library", "Host", "Written", "Generated", "Itemized"])
        {
            Directory.Delete(workspace.PathOf($"../{project}/bin"), recursive: true);
            Directory.Delete(workspace.PathOf($"../{project}/obj"), recursive: true);
        }

        Directory.Delete(workspace.PathOf("../Written/guests"), recursive: true);
        workspace.DotNet("restore", "../All.slnx").MustSucceed();
        workspace.Build("build", "../All.slnx", "--no-restore").MustSucceed();
        Assert.Equal(written, workspace.FilesBelow("../Written/bin/Debug/net10.0/guests"));

        Assert.Equal("294912", workspace.DotNet("run", "--project", "../Host").MustSucceed().Output.TrimEnd());
        workspace.Build("publish", "../Host", "-o", "out").MustSucceed();
        Assert.Equal("294912", workspace.DotNet("out/Host.dll").MustSucceed().Output.TrimEnd());
        workspace.Build("pack", "../Library", "-o", workspace.Feed).MustSucceed();
        Assert.True(File.Exists(Path.Combine(workspace.Feed, "Library.1.0.0.nupkg")));
    }

    [Fact]
    public void A_test_project_that_adds_the_sdk_builds_and_runs_its_tests()
    {
        using Workspace workspace = new Workspace(packages).WithFeedsOfTheMachine();
        workspace.Write("App.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <Sdk Name="Hyperlight.Sdk" Version="0.1.0" />
              {AsLibrary}
              <PropertyGroup><OutputType>Exe</OutputType></PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Microsoft.NET.Test.Sdk" Version="18.0.1" />
                <PackageReference Include="xunit.v3" Version="3.2.2" />
                <PackageReference Include="xunit.runner.visualstudio" Version="3.1.5" />
                <ProjectReference Include="../Program/Program.csproj" />
              </ItemGroup>
            </Project>
            """);
        workspace.AddHello();
        workspace.Write("Tests.cs", """
            public class Tests
            {
                [Xunit.Fact]
                public void Both_guests_are_there() => Xunit.Assert.NotEqual(App.Guests.Hello.ContentDigest, Program.Api.Digest);
            }
            """);
        workspace.Write(
            "../Program/Program.csproj",
            """<Project Sdk="Hyperlight.Sdk/0.1.0"><ItemGroup><HyperlightGuest Include="guests/hello.elf" HeapSize="1M" /></ItemGroup>"""
                + """</Project>""");
        workspace.Write(
            "../Program/Api.cs",
            "namespace Program; public static class Api { public static string Digest => Guests.Hello.ContentDigest; private static void "
                + "Main() { } }");
        workspace.AddGuest(Hello, "../Program/guests/hello.elf");

        DotNetResult result = workspace.DotNet("test", "-nodeReuse:false").MustSucceed();

        Assert.Contains("Passed:     1", result.Output, StringComparison.Ordinal);
    }

    private static bool IsConfig(string file) =>
        new FileInfo(file).Length < 8192 && File.ReadAllText(file).Contains("heap_size", StringComparison.Ordinal);

    private static string Run(Workspace workspace, string project) =>
        workspace.DotNet($"../{project}/bin/Debug/net10.0/{project}.dll").MustSucceed().Output.TrimEnd();
}
