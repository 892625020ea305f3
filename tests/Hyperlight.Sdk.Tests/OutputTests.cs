namespace Hyperlight.Sdk.Tests;

/// <summary>Tests that builds copy images to bin and to other projects, and remove old images.</summary>
public sealed class OutputTests
{
    private const string Bin = "bin/Debug/net10.0/guests/hello";
    private const string Obj = "obj/Debug/net10.0/hyperlight/hello";

    [Fact]
    public void A_build_copies_the_image_beside_the_program_and_brings_back_what_is_lost()
    {
        using SdkProject project = SdkProject.WithGuest().WithoutCompiler();
        Assert.True(project.RestoreAndBuild().Succeeded);
        string[] files = project.FilesBelow(Obj);
        Assert.NotEmpty(files);
        Assert.Equal(files, project.FilesBelow(Bin));

        Directory.Delete(project.PathOfImage(Bin), recursive: true);
        BuildOutcome copied = project.Build("Build");
        Assert.Empty(copied.Baked);
        Assert.Equal(files, project.FilesBelow(Bin));

        Directory.Delete(project.PathOf(Obj), recursive: true);
        Assert.NotEmpty(project.Build("Build").Baked);
        Assert.Equal(files, project.FilesBelow(Obj));
        Assert.Equal(files, project.FilesBelow(Bin));
    }

    [Fact]
    public void Files_to_map_are_copied_beside_the_image_under_their_labels_and_recorded_in_the_assembly()
    {
        using SdkProject project = SdkProject.WithGuest("""
              <ItemGroup>
                <HyperlightGuest Include="guests/kernel.elf"
                                 FileMappings=" ramfs = data/initrd.img@0x80000000 ; config=data/kernel.conf@0x90000000" />
              </ItemGroup>
            """.Replace(" = ", "=", StringComparison.Ordinal));
        project.Write("guests/kernel.elf", GuestFiles.I686());
        project.Write("data/initrd.img", [1, 2, 3]);
        project.Write("data/kernel.conf", [4]);
        project.Write("Program.cs", "return App.Guests.Kernel.Name.Length;");

        BuildOutcome outcome = project.RestoreAndBuild();

        Assert.Empty(outcome.Errors);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(project.PathOf("bin/Debug/net10.0/guests/files/App/kernel/ramfs")));
        Assert.Equal([4], File.ReadAllBytes(project.PathOf("bin/Debug/net10.0/guests/files/App/kernel/config")));
        string[] records = project.Read("obj/Debug/net10.0/Guests.Records.g.cs").Split('\n');
        Assert.Matches(
            "\\(\"Hyperlight.Guest.kernel\", \"sha256:[0-9a-f]{64};ramfs@0x80000000;config@0x90000000\"\\)",
            Assert.Single(records, line => line.Contains("kernel", StringComparison.Ordinal)));
        Assert.Matches(
            "\\(\"Hyperlight.Guest.hello\", \"sha256:[0-9a-f]{64}\"\\)",
            Assert.Single(records, line => line.Contains("hello", StringComparison.Ordinal)));
    }

    [Fact]
    public void Files_with_labels_for_a_guest_that_lists_none_are_HL2016()
    {
        using SdkProject project = SdkProject.WithGuest(
            "<ItemGroup><HyperlightGuest Include='guests/hello.elf' FileMappings='a=guests/hello.elf@0x200000000' /></ItemGroup>");

        Assert.Equal(["HL2016"], project.Build("HyperlightBake").Errors.Select(error => error.Code));
    }

    [Fact]
    public void Blobs_of_the_image_before_vanish_from_obj_and_bin()
    {
        using SdkProject project = SdkProject.WithGuest().WithoutCompiler();
        Assert.True(project.RestoreAndBuild().Succeeded);
        string[] before = project.FilesBelow(Bin);
        project.Write("guests/hello.elf", GuestFiles.Amd64(fill: 0x90));

        Assert.True(project.Build("Build").Succeeded);

        string[] after = project.FilesBelow(Bin);
        Assert.NotEqual(before, after);
        Assert.Equal(before.Length, after.Length);
        Assert.Equal(project.FilesBelow(Obj), after);
        Assert.Single(Directory.GetDirectories(project.PathOf("bin/Debug/net10.0/guests")));
    }

    [Fact]
    public void A_second_build_does_not_delete_what_the_skipped_bake_wrote()
    {
        using SdkProject project = SdkProject.WithGuest().WithoutCompiler();
        Assert.True(project.RestoreAndBuild().Succeeded);
        string[] before = project.FilesBelow("obj");

        Assert.True(project.Build("Build").Succeeded);
        Assert.Empty(project.Build("Build").Baked);

        Assert.Equal(before, project.FilesBelow("obj"));
    }

    [Fact]
    public void The_image_of_a_removed_guest_disappears()
    {
        using SdkProject project = SdkProject.WithGuest().WithoutCompiler();
        project.Write("guests/other.elf", GuestFiles.Amd64());
        Assert.True(project.RestoreAndBuild().Succeeded);
        Assert.NotEmpty(project.FilesBelow("bin/Debug/net10.0/guests/other"));
        project.Delete("guests/other.elf");

        Assert.True(project.Build("Build").Succeeded);

        Assert.False(Directory.Exists(project.PathOfImage("bin/Debug/net10.0/guests/other")));
        Assert.False(Directory.Exists(project.PathOf("obj/Debug/net10.0/hyperlight/other")));
        Assert.DoesNotContain(project.FilesBelow("obj"), file => file.Contains("other", StringComparison.Ordinal));
        Assert.NotEmpty(project.FilesBelow(Bin));
    }

    [Fact]
    public void The_image_of_the_last_guest_disappears_too()
    {
        using SdkProject project = SdkProject.WithGuest().WithoutCompiler();
        Assert.True(project.RestoreAndBuild().Succeeded);
        project.Delete("guests/hello.elf");

        Assert.True(project.Build("Build").Succeeded);

        Assert.False(Directory.Exists(project.PathOfImage(Bin)));
        Assert.Empty(project.FilesBelow("obj/Debug/net10.0/hyperlight"));
    }

    [Fact]
    public void A_renamed_guest_moves()
    {
        using SdkProject project = SdkProject.WithGuest().WithoutCompiler();
        Assert.True(project.RestoreAndBuild().Succeeded);
        string[] files = project.FilesBelow(Bin);
        project.SetBody("<ItemGroup><HyperlightGuest Include='guests/hello.elf' Name='greeter' /></ItemGroup>");

        Assert.True(project.Build("Build").Succeeded);

        Assert.Equal(files.Length, project.FilesBelow("bin/Debug/net10.0/guests/greeter").Length);
        Assert.Empty(project.FilesBelow(Bin));
        Assert.Empty(project.FilesBelow(Obj));
    }

    [Fact]
    public void Clean_leaves_nothing_of_ours()
    {
        using SdkProject project = SdkProject.WithGuest().WithoutCompiler();
        Assert.True(project.RestoreAndBuild().Succeeded);

        Assert.True(project.Build("Clean").Succeeded);

        Assert.False(Directory.Exists(project.PathOf("obj/Debug/net10.0/hyperlight")));
        Assert.False(Directory.Exists(project.PathOf("bin/Debug/net10.0/guests")));
        Assert.DoesNotContain(project.FilesBelow("obj"), file => file.Contains("Guests", StringComparison.Ordinal));
    }

    [Fact]
    public void Clean_follows_no_name_out_of_its_folder()
    {
        using SdkProject project = SdkProject.WithGuest(
            "<ItemGroup><HyperlightGuest Include='guests/hello.elf' Name='../../../..' /></ItemGroup>");

        project.Build("Clean");

        Assert.True(project.Has("Program.cs"));
    }

    [Fact]
    public void A_project_that_references_ours_gets_the_images()
    {
        using SdkProject project = SdkProject.WithGuest();
        project.Write("consumer/Consumer.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Library</OutputType></PropertyGroup>
              <ItemGroup><ProjectReference Include="../App.csproj" /></ItemGroup>
            </Project>
            """);
        project.SetBody("<ItemGroup><Compile Remove='consumer/**' /></ItemGroup>");
        using SdkProject consumer = SdkProject.At(project.PathOf("consumer/Consumer.csproj"));

        Assert.Empty(consumer.RestoreAndBuild().Errors);

        Assert.Equal(project.FilesBelow(Obj), project.FilesBelow("consumer/" + Bin));
    }

    [Fact]
    public void Images_are_not_packed()
    {
        using SdkProject project = SdkProject.WithGuest().WithoutCompiler();
        project.Write("list.targets", """
            <Project>
              <Target Name="List" DependsOnTargets="AssignTargetPaths" Returns="@(_NoneWithTargetPath)" />
            </Project>
            """);

        Assert.True(project.Build("Restore").Succeeded);
        BuildOutcome outcome = project.Build("List", ("CustomAfterHyperlightSdkTargets", project.PathOf("list.targets")));

        Assert.Empty(outcome.Errors);
        var images = outcome.Items
            .Where(item => item.GetMetadata("TargetPath").StartsWith("guests/hello-", StringComparison.Ordinal)).ToArray();
        Assert.Equal(project.FilesBelow(Obj).Length, images.Length);
        Assert.All(images, item =>
        {
            Assert.Equal("false", item.GetMetadata("Pack"));
            Assert.Equal("PreserveNewest", item.GetMetadata("CopyToOutputDirectory"));
            Assert.Equal("PreserveNewest", item.GetMetadata("CopyToPublishDirectory"));
        });
    }
}
