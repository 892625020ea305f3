using Microsoft.Build.Execution;

namespace Hyperlight.Sdk.Tests;

/// <summary>Tests evaluations and design-time builds, which editors run.</summary>
public sealed class EditorTests
{
    private static readonly (string, string) DesignTime = ("DesignTimeBuild", "true");

    [Fact]
    public void A_design_time_build_generates_the_class_and_bakes_nothing()
    {
        using SdkProject project = SdkProject.WithGuest(
            "<ItemGroup><HyperlightGuest Include='guests/unbuilt.elf' HeapSize='1Q' /></ItemGroup>");

        BuildOutcome outcome = project.Build("_HyperlightGenerateGuests", DesignTime);

        Assert.True(outcome.Succeeded);
        Assert.Empty(outcome.Errors);
        Assert.Contains("Unbuilt", project.Read("obj/Debug/net10.0/Guests.g.cs"), StringComparison.Ordinal);
        Assert.Equal(["Debug/net10.0/Guests.g.cs"], project.FilesBelow("obj"));

        BuildOutcome paths = project.Build("AssignTargetPaths", DesignTime);
        Assert.True(paths.Succeeded);
        Assert.False(paths.Ran("BakeGuests"));
    }

    [Fact]
    public void A_bad_name_does_not_stop_a_design_time_build()
    {
        using SdkProject project = SdkProject.WithGuest("<ItemGroup><HyperlightGuest Include='guests/x.elf' Name='..' /></ItemGroup>");

        Assert.True(project.Build("_HyperlightGenerateGuests", DesignTime).Succeeded);

        string source = project.Read("obj/Debug/net10.0/Guests.g.cs");
        Assert.Contains("Hello", source, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluation_tells_capability_watched_files_and_up_to_date_inputs()
    {
        using SdkProject project = SdkProject.WithGuest(
            "<ItemGroup><HyperlightGuest Include='guests/other.elf' Name='second' InitData='init.bin' /></ItemGroup>");

        ProjectInstance seen = project.Evaluate();

        Assert.Equal("true", seen.GetPropertyValue("UsingHyperlightSdk"));
        Assert.Contains("HyperlightSdk", seen.GetItems("ProjectCapability").Select(item => item.EvaluatedInclude));
        Assert.Equal(
            ["guests/hello.elf", "guests/other.elf", "init.bin"], seen.GetItems("Watch").Select(item => item.EvaluatedInclude).Order());
        Assert.Equal(
            ["guests/hello.elf", "guests/other.elf", "init.bin"],
            Files("UpToDateCheckInput"));
        Assert.Equal(
            ["obj/Debug/net10.0/hyperlight/.state/hello.baked", "obj/Debug/net10.0/hyperlight/.state/second.baked"],
            Files("UpToDateCheckBuilt"));

        IEnumerable<string> Files(string type) => seen.GetItems(type)
            .Where(item => item.GetMetadataValue("Set") == "Hyperlight").Select(item => item.EvaluatedInclude).Order();
    }

    [Fact]
    public void A_listed_guest_replaces_the_default_one()
    {
        using SdkProject project = SdkProject.WithGuest(
            "<ItemGroup><HyperlightGuest Include='./guests/hello.elf' HeapSize='1M' /></ItemGroup>");

        ProjectItemInstance guest = Assert.Single(project.Evaluate().GetItems("HyperlightGuest"));

        Assert.Equal(("1M", "hello"), (guest.GetMetadataValue("HeapSize"), guest.GetMetadataValue("Name")));
    }

    [Theory]
    [InlineData("<ItemGroup><HyperlightGuest Update='guests/hello.elf' HeapSize='2M' /></ItemGroup>", "hello 2M")]
    [InlineData("<ItemGroup><HyperlightGuest Remove='guests/hello.elf' /></ItemGroup>", "")]
    [InlineData("<PropertyGroup><EnableDefaultHyperlightGuestItems>false</EnableDefaultHyperlightGuestItems></PropertyGroup>", "")]
    [InlineData("<PropertyGroup><EnableDefaultItems>false</EnableDefaultItems></PropertyGroup>", "")]
    [InlineData(
        "<ItemGroup><HyperlightGuest Include='guests/hello.elf' Name='a' /><HyperlightGuest Include='guests/hello.elf' Name='b' />"
            + "</ItemGroup>",
        "a ,b ")]
    public void The_body_may_change_default_guests(string body, string expected)
    {
        using SdkProject project = SdkProject.WithGuest(body);

        var guests = project.Evaluate().GetItems("HyperlightGuest");

        Assert.Equal(
            expected, string.Join(',', guests.Select(guest => $"{guest.GetMetadataValue("Name")} {guest.GetMetadataValue("HeapSize")}")));
    }

    [Fact]
    public void The_default_framework_yields_to_the_body()
    {
        using SdkProject none = SdkProject.WithGuest();
        using SdkProject several = SdkProject.WithGuest(
            "<PropertyGroup><TargetFrameworks>net10.0;net10.0-browser</TargetFrameworks></PropertyGroup>");

        Assert.Equal("net10.0", none.Evaluate().GetPropertyValue("TargetFramework"));
        Assert.Equal("", several.Evaluate().GetPropertyValue("TargetFramework"));
        Assert.Equal("true", several.Evaluate().GetPropertyValue("IsCrossTargetingBuild"));
    }
}
