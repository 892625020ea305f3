namespace Hyperlight.EndToEnd.Tests;

/// <summary>Tests the ways in which a project can refer to the SDK.</summary>
public sealed class ReferenceTests(PackageFolder packages)
{
    private const string Framework = "<PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType>"
        + "<ImplicitUsings>enable</ImplicitUsings></PropertyGroup>";

    [Theory]
    [InlineData("""<Project Sdk="Hyperlight.Sdk/0.1.0"></Project>""")]
    [InlineData($"""<Project Sdk="Microsoft.NET.Sdk"><Sdk Name="Hyperlight.Sdk" Version="0.1.0" />{Framework}</Project>""")]
    [InlineData($"""<Project Sdk="Microsoft.NET.Sdk;Hyperlight.Sdk/0.1.0">{Framework}</Project>""")]
    public void Each_form_builds_the_program_and_the_image(string project)
    {
        using Workspace workspace = new(packages);
        workspace.Write("App.csproj", project);
        workspace.Write("Program.cs", "return Guests.Hello.Name.Length;");
        workspace.AddHello();

        DotNetResult result = workspace.Build("build").MustSucceed();

        Assert.Contains("hello -> ", result.Output, StringComparison.Ordinal);
        Assert.Contains("index.json", workspace.FilesBelow("bin/Debug/net10.0/guests/hello"));
        Assert.True(File.Exists(workspace.PathOf("bin/Debug/net10.0/Hyperlight.Runtime.dll")));
        Assert.Empty(Directory.GetFiles(workspace.PathOf("bin/Debug/net10.0"), "*.xml"));
        Assert.Equal(5, workspace.DotNet("bin/Debug/net10.0/App.dll").ExitCode);
    }

    [Fact]
    public void A_package_reference_is_told_what_to_write_instead()
    {
        using Workspace workspace = Workspace.WithHello(packages);
        workspace.Write(
            "App.csproj",
            $"""<Project Sdk="Microsoft.NET.Sdk">{Framework}<ItemGroup><PackageReference Include="Hyperlight.Sdk" Version="0.1.0" />"""
                + """</ItemGroup></Project>""");

        DotNetResult result = workspace.Build("build");

        Assert.Equal(("HL4020", workspace.PathOf("App.csproj"), 0), Assert.Single(result.Log!.Errors));
        Assert.Contains("write <Project Sdk=\"Hyperlight.Sdk/0.1.0\">", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_version_may_stand_in_global_json()
    {
        using Workspace workspace = Workspace.WithHello(packages);
        workspace.Write("App.csproj", """<Project Sdk="Hyperlight.Sdk"></Project>""");
        workspace.Write("../global.json", """{ "msbuild-sdks": { "Hyperlight.Sdk": "0.1.0" } }""");

        workspace.Build("build").MustSucceed();
    }

    [Theory]
    [InlineData("")]
    [InlineData("""<ItemGroup><PackageVersion Include="Hyperlight.Runtime" Version="0.1.0" /></ItemGroup>""")]
    public void Central_package_management_needs_no_entry_for_us_and_may_have_one(string entry)
    {
        using Workspace workspace = Workspace.WithHello(packages);
        workspace.Write("../Directory.Packages.props", $"""
            <Project><PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup>{entry}</Project>
            """);

        workspace.Build("build").MustSucceed();
    }

    [Fact]
    public void Several_frameworks_have_an_image_each()
    {
        using Workspace workspace = Workspace.WithHello(packages, """
            <PropertyGroup><TargetFrameworks>net10.0;net10.0-browser</TargetFrameworks></PropertyGroup>
            """);

        workspace.Build("build").MustSucceed();

        string[] files = workspace.FilesBelow("bin/Debug/net10.0/guests/hello");
        Assert.NotEmpty(files);
        Assert.Equal(files, workspace.FilesBelow("bin/Debug/net10.0-browser/guests/hello"));
    }

    [Theory]
    [InlineData("my app")]
    [InlineData("50% #1 (é) a+b")]
    public void The_folder_may_have_any_name(string name)
    {
        using Workspace workspace = Workspace.WithHello(packages, name: name);

        workspace.Build("build").MustSucceed();

        Assert.Contains("index.json", workspace.FilesBelow("bin/Debug/net10.0/guests/hello"));
    }
}
