
namespace Hyperlight.Sdk.Tests;

/// <summary>Tests where builds and publishes copy source maps.</summary>
public sealed class SourceMapTests
{
    private const string Bin = "bin/Debug/net10.0/guests";

    [Fact]
    public void A_build_copies_the_map_beside_the_image_and_removes_it_with_the_guest()
    {
        using SdkProject project = WithLines();
        Assert.True(project.RestoreAndBuild().Succeeded);
        string map = Assert.Single(Maps(project, Bin));
        Assert.Equal(project.PathOfImage(Bin + "/hello") + ".map", map);

        File.Delete(map);
        Assert.Empty(project.Build("Build").Baked);
        Assert.Equal([map], Maps(project, Bin));

        project.Delete("guests/hello.elf");
        Assert.True(project.Build("Build").Succeeded);
        Assert.Empty(Maps(project, Bin));
        Assert.Empty(project.FilesBelow("obj/Debug/net10.0/hyperlight"));
    }

    [Fact]
    public void Clean_removes_the_map()
    {
        using SdkProject project = WithLines();
        Assert.True(project.RestoreAndBuild().Succeeded);

        Assert.True(project.Build("Clean").Succeeded);

        Assert.False(Directory.Exists(project.PathOf(Bin)));
    }

    [Theory]
    [InlineData("Debug", "", true)]
    [InlineData("Debug", "false", false)]
    [InlineData("Release", "", false)]
    [InlineData("Release", "true", true)]
    public void A_Release_publish_has_a_map_only_if_the_project_asks_for_it(string configuration, string choice, bool isCopied)
    {
        using SdkProject project = WithLines();
        (string, string)[] asked = choice.Length > 0 ? [("HyperlightPublishSourceMaps", choice)] : [];
        (string, string)[] properties = [("Configuration", configuration), ("PublishDir", "out/"), ("UseAppHost", "false"), .. asked];
        Assert.True(project.RestoreAndBuild(properties).Succeeded);

        BuildOutcome outcome = project.Build("Publish", properties);

        Assert.Empty(outcome.Errors);
        Assert.NotEmpty(project.FilesBelow("out/guests/hello"));
        Assert.Equal(isCopied ? 1 : 0, Maps(project, "out").Length);
    }

    [Fact]
    public void A_file_beside_the_guest_has_its_symbols_and_one_of_another_guest_is_HL1028()
    {
        using SdkProject project = SdkProject.WithGuest();
        project.Write("guests/hello.debug", GuestFiles.WithLines());

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.Equal(["HL1028"], outcome.Warnings.Select(warning => warning.Code));
    }

    [Fact]
    public void A_guest_in_csharp_has_the_lines_of_the_symbols_that_its_project_names()
    {
        using SdkProject project = SdkProject.Empty(
            "<ItemGroup><HyperlightGuestProject Include='Guest/Orders.Guest.csproj' Snapshot='false' /></ItemGroup>").WithoutCompiler();
        project.Write("Guest/guest.elf", GuestFiles.Plain());
        project.Write("Guest/guest.symbols", GuestFiles.WithLines());
        project.Write("Guest/Orders.Guest.csproj", """
            <Project DefaultTargets="Build">
              <Target Name="Build" Returns="@(Built)">
                <ItemGroup>
                  <Built Include="guest.dll"
                         HyperlightGuestElf="$(MSBuildProjectDirectory)/guest.elf"
                         HyperlightGuestSymbols="$(MSBuildProjectDirectory)/guest.symbols" />
                </ItemGroup>
              </Target>
            </Project>
            """);

        BuildOutcome outcome = project.RestoreAndBuild();

        Assert.Empty(outcome.Errors);
        Assert.Empty(outcome.Warnings);
        Assert.Single(Maps(project, Bin));
        Assert.Empty(project.Build("Build").Baked);
        Assert.Single(Maps(project, Bin));
    }

    private static SdkProject WithLines()
    {
        SdkProject project = SdkProject.WithGuest().WithoutCompiler();
        project.Write("guests/hello.elf", GuestFiles.WithLines());
        return project;
    }

    private static string[] Maps(SdkProject project, string folder) => Directory.Exists(project.PathOf(folder))
        ? Directory.GetFiles(project.PathOf(folder), "*.map", SearchOption.AllDirectories)
        : [];
}
