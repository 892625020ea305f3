using Microsoft.Build.Execution;

namespace Hyperlight.Sdk.Tests;

/// <summary>
/// Tests <c>HyperlightGuestProject</c> items. The guest's project is one that says where its ELF file is, as projects of
/// Hyperlight.Guest.Sdk do, and compiles nothing.
/// </summary>
public sealed class GuestProjectTests
{
    [Fact]
    public void The_guest_of_a_project_is_baked_once_and_again_when_its_elf_file_changes()
    {
        using SdkProject project = WithGuestProject();

        Assert.Equal(["Orders.Guest"], project.Build("HyperlightBake").Baked);
        Assert.Empty(project.Build("HyperlightBake").Baked);
        project.Write("Guest/guest.elf", GuestFiles.Amd64(fill: 0x90));

        Assert.Equal(["Orders.Guest"], project.Build("HyperlightBake").Baked);
    }

    [Theory]
    [InlineData("", "", "1M", "64M", "auto")]
    [InlineData("", " HeapSize='2M' ScratchSize='32M' Snapshot='false'", "2M", "32M", "false")]
    [InlineData(
        "<HyperlightHeapSize>3M</HyperlightHeapSize><HyperlightScratchSize>16M</HyperlightScratchSize>"
            + "<HyperlightSnapshot>false</HyperlightSnapshot>",
        "", "", "", "")]
    public void A_guest_in_csharp_has_sizes_that_suffice_unless_the_project_sets_them(
        string properties,
        string metadata,
        string heap,
        string scratch,
        string snapshot)
    {
        using SdkProject project = WithGuestProject(metadata, properties);

        ProjectItemInstance guest = Assert.Single(project.Evaluate().GetItems("HyperlightGuest"));

        Assert.Equal(
            ("Orders.Guest", heap, scratch, snapshot),
            (guest.GetMetadataValue("Name"), guest.GetMetadataValue("HeapSize"), guest.GetMetadataValue("ScratchSize"),
                guest.GetMetadataValue("Snapshot")));
    }

    [Fact]
    public void Properties_of_a_command_for_the_program_do_not_reach_the_guest()
    {
        using SdkProject project = WithGuestProject();

        BuildOutcome outcome = project.Build("HyperlightBake", ("OutDir", "out/"), ("PublishDir", "out/"), ("_IsPublishing", "true"));

        Assert.Equal(["Orders.Guest"], outcome.Baked);
        Assert.Empty(project.Read("Guest/built.txt").Trim());
    }

    [Fact]
    public void A_project_that_is_no_guest_is_HL4029()
    {
        using SdkProject project = WithGuestProject();
        project.Write("Guest/Orders.Guest.csproj", "<Project><Target Name=\"Build\" /><Target Name=\"GetTargetPath\" /></Project>");

        BuildOutcome outcome = project.Build("HyperlightBake");

        Diagnostic error = Assert.Single(outcome.Errors);
        Assert.Equal(("HL4029", project.File), (error.Code, error.File));
        Assert.Contains("'Guest/Orders.Guest.csproj' is no project of Hyperlight.Guest.Sdk", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("/docs/diagnostics/HL4029.md", error.HelpLink, StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_that_does_not_exist_is_HL4029()
    {
        using SdkProject project = WithGuestProject();
        project.Delete("Guest/Orders.Guest.csproj");

        Diagnostic error = Assert.Single(project.Build("HyperlightBake").Errors);

        Assert.Equal("HL4029", error.Code);
        Assert.Contains("'Guest/Orders.Guest.csproj' is not there", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_for_another_framework_is_HL4030()
    {
        using SdkProject project = SdkProject.Empty();
        project.Write(Path.GetFileName(project.File), $"""
            <Project>
              <Import Project="{SdkProject.HelpRoot}sdk/csharp/Sdk/Sdk.props" />
              <PropertyGroup><TargetFramework>net9.0</TargetFramework></PropertyGroup>
              <Import Project="{SdkProject.HelpRoot}sdk/csharp/Sdk/Sdk.targets" />
            </Project>
            """);

        Diagnostic error = Assert.Single(project.Build("_HyperlightCheckGuestProject").Errors);

        Assert.Equal(("HL4030", project.File), (error.Code, error.File));
        Assert.Contains("'net9.0'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_platform_of_a_guest_is_the_same_whatever_the_command_says()
    {
        using SdkProject project = SdkProject.Empty();
        project.Write(Path.GetFileName(project.File), $"""
            <Project>
              <Import Project="{SdkProject.HelpRoot}sdk/csharp/Sdk/Sdk.props" />
              <Import Project="{SdkProject.HelpRoot}sdk/csharp/Sdk/Sdk.targets" />
            </Project>
            """);

        ProjectInstance guest = project.Evaluate(("RuntimeIdentifier", "win-x64"), ("PublishAot", "false"), ("OutputType", "Exe"));

        Assert.Equal("linux-x64", guest.GetPropertyValue("RuntimeIdentifier"));
        Assert.Equal("true", guest.GetPropertyValue("PublishAot"));
        Assert.Equal("Library", guest.GetPropertyValue("OutputType"));
        Assert.Equal("net10.0", guest.GetPropertyValue("TargetFramework"));
    }

    // The guest's project writes the properties of the program that must not reach it.
    private static SdkProject WithGuestProject(string metadata = "", string properties = "")
    {
        SdkProject project = SdkProject.Empty(
            $"<PropertyGroup>{properties}</PropertyGroup>"
                + $"<ItemGroup><HyperlightGuestProject Include='Guest/Orders.Guest.csproj'{metadata} /></ItemGroup>");
        project.Write("Program.cs", "return 0;");
        project.Write("Guest/guest.elf", GuestFiles.Amd64());
        project.Write("Guest/Orders.Guest.csproj", """
            <Project DefaultTargets="Build">
              <Target Name="Build" Returns="@(Built)">
                <WriteLinesToFile File="built.txt" Lines="$(OutDir)$(PublishDir)$(_IsPublishing)" Overwrite="true" />
                <ItemGroup>
                  <Built Include="guest.dll" HyperlightGuestElf="$(MSBuildProjectDirectory)/guest.elf" />
                </ItemGroup>
              </Target>
            </Project>
            """);
        Assert.True(project.Build("Restore", ("MSBuildRestoreSessionId", Guid.NewGuid().ToString())).Succeeded);
        return project;
    }
}
