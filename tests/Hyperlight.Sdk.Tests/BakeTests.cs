using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tests;

/// <summary>Tests the targets HyperlightBake and HyperlightValidate.</summary>
public sealed class BakeTests
{
    private const string Image = "obj/Debug/net10.0/hyperlight/hello";

    [Fact]
    public void A_guest_becomes_an_image_directory_and_one_line_of_output()
    {
        using SdkProject project = SdkProject.WithGuest();

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.True(outcome.Succeeded);
        string[] files = project.FilesBelow(Image);
        Assert.Equal(["index.json", "oci-layout"], files[^2..]);
        Assert.All(files[..^2], file => Assert.StartsWith("blobs/sha256/", file, StringComparison.Ordinal));
        Assert.Contains(
            outcome.HighMessages,
            message => message.StartsWith("hello -> obj/Debug/net10.0/hyperlight/hello (", StringComparison.Ordinal));
    }

    [Fact]
    public void The_target_returns_the_image_with_metadata()
    {
        using SdkProject project = SdkProject.WithGuest();

        ITaskItem image = Assert.Single(project.Build("HyperlightBake").Items);

        Assert.Equal(project.PathOf(Image), image.ItemSpec);
        Assert.Equal("hello", image.GetMetadata("Name"));
        Assert.Equal("amd64", image.GetMetadata("Architecture"));
        Assert.Equal("amd64-0.16", image.GetMetadata("Layout"));
        Assert.StartsWith("0x", image.GetMetadata("EntryPoint"), StringComparison.Ordinal);
        Assert.True(ulong.Parse(image.GetMetadata("ImageSize"), null) >= ulong.Parse(image.GetMetadata("StoredSize"), null));
        Assert.Equal(project.PathOf("guests/hello.elf"), image.GetMetadata("GuestBinary"));
        Assert.Equal(project.PathOf(Image), image.GetMetadata("ImageDirectory"));
        Assert.True(project.Has($"{Image}/blobs/{image.GetMetadata("Digest").Replace(':', '/')}"));
    }

    [Fact]
    public void Permissions_of_init_data_and_heap_and_interrupts_reach_the_image()
    {
        using SdkProject project = SdkProject.WithGuest("""
              <PropertyGroup><HyperlightExecutableHeap>true</HyperlightExecutableHeap></PropertyGroup>
              <ItemGroup>
                <HyperlightGuest Include="guests/hello.elf" InitData="init.bin" InitDataPermissions="rw" HardwareInterrupts="true" />
                <HyperlightGuest Include="guests/hello.elf" Name="plain" InitData="init.bin" ExecutableHeap="false" />
              </ItemGroup>
            """);
        project.Write("init.bin", "data");

        Assert.True(project.Build("HyperlightBake").Succeeded);

        using GuestImage hello = GuestImage.Open(project.PathOf(Image));
        using GuestImage plain = GuestImage.Open(project.PathOf("obj/Debug/net10.0/hyperlight/plain"));
        Assert.Equal(("rwx", "rw-"), (hello.Map.Heap.Guest.ToText(), hello.Map.InitData.Guest.ToText()));
        Assert.Equal((true, false), (hello.HardwareInterrupts, plain.HardwareInterrupts));
        Assert.Equal(("rw-", "r--"), (plain.Map.Heap.Guest.ToText(), plain.Map.InitData.Guest.ToText()));
    }

    [Fact]
    public void A_skipped_bake_returns_the_same()
    {
        using SdkProject project = SdkProject.WithGuest();
        ITaskItem first = Assert.Single(project.Build("HyperlightBake").Items);

        BuildOutcome second = project.Build("HyperlightBake");

        Assert.Empty(second.Baked);
        Assert.Equal(first.GetMetadata("Digest"), Assert.Single(second.Items).GetMetadata("Digest"));
    }

    [Fact]
    public void A_file_that_is_no_elf_is_one_error_at_the_guest_and_leaves_no_image()
    {
        using SdkProject project = SdkProject.WithGuest();
        project.Write("guests/hello.elf", "#!/bin/sh\n");

        BuildOutcome outcome = project.Build("HyperlightBake");

        Diagnostic error = Assert.Single(outcome.Errors);
        Assert.Equal(("HL1001", project.PathOf("guests/hello.elf")), (error.Code, error.File));
        Assert.Empty(project.FilesBelow(Image));
    }

    [Fact]
    public void A_failed_bake_removes_the_old_image_and_fails_again_next_time()
    {
        using SdkProject project = SdkProject.WithGuest();
        Assert.True(project.Build("HyperlightBake").Succeeded);
        project.Write("guests/hello.elf", "broken");

        BuildOutcome first = project.Build("HyperlightBake");
        BuildOutcome second = project.Build("HyperlightBake");

        Assert.Equal(["HL1001"], first.Errors.Select(error => error.Code));
        Assert.Equal(["HL1001"], second.Errors.Select(error => error.Code));
        Assert.Empty(project.FilesBelow(Image));
        Assert.False(project.Has("obj/Debug/net10.0/hyperlight/.state/hello.baked"));
    }

    [Fact]
    public void Findings_of_all_guests_come_in_one_run_and_good_guests_are_baked()
    {
        using SdkProject project = SdkProject.WithGuest();
        project.Write("guests/bad1.elf", "bad");
        project.Write("guests/bad2.elf", "bad");

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.Equal(["bad1.elf", "bad2.elf"], outcome.Errors.Select(error => Path.GetFileName(error.File)).Order());
        Assert.True(project.Has($"{Image}/index.json"));
    }

    [Fact]
    public void A_32_bit_guest_under_an_amd64_assertion_is_one_error()
    {
        using SdkProject project = SdkProject.WithGuest(
            "<PropertyGroup><HyperlightArchitecture>amd64</HyperlightArchitecture></PropertyGroup>");
        project.Write("guests/hello.elf", GuestFiles.I686());

        BuildOutcome outcome = project.Build("HyperlightBake");

        Diagnostic error = Assert.Single(outcome.Errors);
        Assert.Equal(("HL2001", project.PathOf("guests/hello.elf")), (error.Code, error.File));
        Assert.Empty(project.FilesBelow(Image));
    }

    [Fact]
    public void Both_architectures_bake_in_one_project()
    {
        using SdkProject project = SdkProject.WithGuest();
        project.Write("guests/hello32.elf", GuestFiles.I686());

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.Equal(["amd64", "i686"], outcome.Items.Select(image => image.GetMetadata("Architecture")).Order());
    }

    [Fact]
    public void The_same_guest_gives_the_same_bytes_in_another_folder()
    {
        using SdkProject one = SdkProject.WithGuest();
        using SdkProject two = SdkProject.WithGuest(name: "Other");
        Assert.True(one.Build("HyperlightBake").Succeeded);
        Assert.True(two.Build("HyperlightBake").Succeeded);

        Assert.Equal(one.FilesBelow(Image), two.FilesBelow(Image));
        Assert.All(one.FilesBelow(Image), file =>
            Assert.Equal(File.ReadAllBytes(one.PathOf($"{Image}/{file}")), File.ReadAllBytes(two.PathOf($"{Image}/{file}"))));
    }

    [Fact]
    public void Validate_reports_and_returns_without_writing()
    {
        using SdkProject project = SdkProject.WithGuest();
        project.Write("guests/bad.elf", "bad");

        BuildOutcome outcome = project.Build("HyperlightValidate");

        Assert.Equal(["HL1001"], outcome.Errors.Select(error => error.Code));
        Assert.Empty(project.FilesBelow("obj"));

        project.Delete("guests/bad.elf");
        ITaskItem valid = Assert.Single(project.Build("HyperlightValidate").Items);
        Assert.Equal(
            ("hello", "amd64", "amd64-0.16"),
            (valid.GetMetadata("Name"), valid.GetMetadata("Architecture"), valid.GetMetadata("Layout")));
        Assert.Empty(project.FilesBelow("obj"));
    }

    [Theory]
    [InlineData("my app")]
    [InlineData("100%25 #1; (a'b)")]
    public void Unusual_characters_in_paths_are_taken_literally(string folder)
    {
        using SdkProject project = SdkProject.WithGuest("""
              <PropertyGroup><EnableDefaultHyperlightGuestItems>false</EnableDefaultHyperlightGuestItems></PropertyGroup>
              <ItemGroup><HyperlightGuest Include="sub/**/*.elf" InitData="%(RelativeDir)init.bin" /></ItemGroup>
            """);
        project.Write($"sub/{folder}/odd.elf", GuestFiles.Amd64());
        project.Write($"sub/{folder}/init.bin", "data");

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.Empty(outcome.Errors);
        Assert.Equal(project.PathOf($"sub/{folder}/odd.elf"), Assert.Single(outcome.Items).GetMetadata("GuestBinary"));
    }

    [Fact]
    public void A_project_without_guests_bakes_nothing()
    {
        using SdkProject project = SdkProject.Empty();

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.True(outcome.Succeeded);
        Assert.Empty(outcome.Items);
        Assert.False(outcome.Ran("ResolveGuests"));
    }
}
