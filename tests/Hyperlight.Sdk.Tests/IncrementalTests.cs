namespace Hyperlight.Sdk.Tests;

/// <summary>Tests when a build bakes a guest again.</summary>
public sealed class IncrementalTests
{
    private const string Image = "obj/Debug/net10.0/hyperlight/hello";

    [Fact]
    public void Nothing_changed_bakes_nothing()
    {
        using SdkProject project = Baked();

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.True(outcome.Succeeded);
        Assert.Empty(outcome.Baked);
    }

    [Fact]
    public void A_touched_guest_is_not_baked_and_its_record_is_as_new_as_the_guest()
    {
        using SdkProject project = Baked();
        File.SetLastWriteTimeUtc(project.PathOf("guests/hello.elf"), DateTime.UtcNow.AddSeconds(5));

        Assert.Empty(project.Build("HyperlightBake").Baked);

        // Visual Studio asks for a build until an output is as new as every input.
        Assert.Equal(
            File.GetLastWriteTimeUtc(project.PathOf("guests/hello.elf")),
            File.GetLastWriteTimeUtc(project.PathOf("obj/Debug/net10.0/hyperlight/.state/hello.baked")));
    }

    [Fact]
    public void Other_content_of_the_same_length_and_time_bakes()
    {
        using SdkProject project = SdkProject.WithGuest(
            "<ItemGroup><HyperlightGuest Include='guests/hello.elf' InitData='init.bin' /></ItemGroup>");
        project.Write("init.bin", "one");
        Assert.Equal(["hello"], project.Build("HyperlightBake").Baked);
        string[] before = project.FilesBelow(Image);

        Replace("init.bin", "two"u8.ToArray());
        Assert.Equal(["hello"], project.Build("HyperlightBake").Baked);
        Replace("guests/hello.elf", GuestFiles.Amd64(fill: 0x90));
        Assert.Equal(["hello"], project.Build("HyperlightBake").Baked);
        Assert.NotEqual(before, project.FilesBelow(Image));

        void Replace(string file, byte[] content)
        {
            FileInfo old = new(project.PathOf(file));
            Assert.Equal(old.Length, content.Length);
            DateTime time = old.LastWriteTimeUtc;
            project.Write(file, content);
            File.SetLastWriteTimeUtc(project.PathOf(file), time);
        }
    }

    [Fact]
    public void A_link_that_leads_to_another_guest_bakes()
    {
        using SdkProject project = SdkProject.WithGuest(
            "<PropertyGroup><EnableDefaultHyperlightGuestItems>false</EnableDefaultHyperlightGuestItems></PropertyGroup><ItemGroup>"
                + "<HyperlightGuest Include='linked.elf' /></ItemGroup>");
        project.Write("guests/other.elf", GuestFiles.Amd64(fill: 0x90));
        File.SetLastWriteTimeUtc(project.PathOf("guests/other.elf"), File.GetLastWriteTimeUtc(project.PathOf("guests/hello.elf")));
        File.CreateSymbolicLink(project.PathOf("current.elf"), project.PathOf("guests/hello.elf"));
        File.CreateSymbolicLink(project.PathOf("linked.elf"), project.PathOf("current.elf"));
        Assert.Equal(["linked"], project.Build("HyperlightBake").Baked);

        // The project names the link, which stays as it is.
        File.Delete(project.PathOf("current.elf"));
        File.CreateSymbolicLink(project.PathOf("current.elf"), project.PathOf("guests/other.elf"));

        Assert.Equal(["linked"], project.Build("HyperlightBake").Baked);
        Assert.Empty(project.Build("HyperlightBake").Baked);
    }

    [Fact]
    public void A_mapped_file_that_is_replaced_by_an_older_one_reaches_the_output()
    {
        using SdkProject project = SdkProject.WithGuest(
            "<ItemGroup><HyperlightGuest Include='guests/kernel.elf' FileMappings=' motd = motd.txt @ 0x80000000 ' /></ItemGroup>")
            .WithoutCompiler();
        project.Write("guests/kernel.elf", GuestFiles.I686());
        project.Write("motd.txt", "new");
        Assert.Empty(project.RestoreAndBuild().Errors);
        project.Write("motd.txt", "old");
        File.SetLastWriteTimeUtc(project.PathOf("motd.txt"), DateTime.UnixEpoch);

        Assert.Empty(project.Build("Build").Errors);

        string shipped = Assert.Single(Directory.EnumerateFiles(project.PathOf("bin"), "motd", SearchOption.AllDirectories));
        Assert.Equal("old", File.ReadAllText(shipped));
        Assert.Empty(project.Build("Build").Baked);

        // The build ships the copy, so it makes a damaged copy again.
        string copy = Assert.Single(Directory.EnumerateFiles(project.PathOf("obj"), "motd", SearchOption.AllDirectories));
        File.WriteAllText(copy, "odd");
        Assert.NotEmpty(project.Build("HyperlightBake").Baked);
        Assert.Equal("old", File.ReadAllText(copy));
    }

    [Fact]
    public void An_image_of_another_version_of_the_sdk_is_baked_anew()
    {
        using SdkProject project = Baked();
        string record = "obj/Debug/net10.0/hyperlight/.state/hello.baked";
        project.Write(record, project.Read(record).Replace("Key=baker ", "Key=baker 0", StringComparison.Ordinal));

        Assert.Equal(["hello"], project.Build("HyperlightBake").Baked);
    }

    [Fact]
    public void A_damaged_image_is_baked_anew()
    {
        using SdkProject project = Baked();
        string[] before = project.FilesBelow(Image);
        string blob = project.PathOf(Image + "/blobs/sha256");
        string[] files = [project.PathOf(Image + "/index.json"), project.PathOf(Image + "/oci-layout"), .. Directory.GetFiles(blob)];
        foreach (string file in files)
        {
            DateTime time = File.GetLastWriteTimeUtc(file);
            byte[] content = File.ReadAllBytes(file);
            content[^1] ^= 1;
            File.WriteAllBytes(file, content);
            File.SetLastWriteTimeUtc(file, time);

            Assert.Equal(["hello"], project.Build("HyperlightBake").Baked);
            Assert.Equal(before, project.FilesBelow(Image));
        }

        // After a full disk the file is there without its content.
        File.WriteAllBytes(files[^1], []);
        Assert.Equal(["hello"], project.Build("HyperlightBake").Baked);
        Assert.Equal(before, project.FilesBelow(Image));
        Assert.Empty(project.Build("HyperlightBake").Baked);
    }

    [Fact]
    public void A_guest_replaced_by_an_older_file_is_baked()
    {
        using SdkProject project = Baked();
        string[] before = project.FilesBelow(Image);
        project.Write("guests/hello.elf", GuestFiles.Amd64(fill: 0x90));
        File.SetLastWriteTimeUtc(project.PathOf("guests/hello.elf"), new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        Assert.NotEmpty(project.Build("HyperlightBake").Baked);

        string[] after = project.FilesBelow(Image);
        Assert.NotEqual(before, after);
        Assert.Equal(before.Length, after.Length);
    }

    [Theory]
    [InlineData("HyperlightHeapSize", "1M", true)]
    [InlineData("HyperlightHeapSize", "128K", false)]
    [InlineData("HyperlightScratchSize", "1M", true)]
    [InlineData("HyperlightInputBufferSize", "32K", true)]
    [InlineData("HyperlightOutputBufferSize", "32K", true)]
    [InlineData("HyperlightArchitecture", "amd64", true)]
    [InlineData("HyperlightSegmentPermissions", "Upstream", true)]
    [InlineData("HyperlightSegmentPermissions", "Segments", false)]
    [InlineData("HyperlightInitDataPermissions", "rw", true)]
    [InlineData("HyperlightInitDataPermissions", "R", false)]
    [InlineData("HyperlightExecutableHeap", "True", true)]
    [InlineData("HyperlightExecutableHeap", "false", false)]
    [InlineData("HyperlightHardwareInterrupts", "True", true)]
    [InlineData("HyperlightHardwareInterrupts", "false", false)]
    [InlineData("HyperlightNamespace", "Elsewhere", false)]
    public void A_setting_bakes_when_its_value_is_another(string name, string value, bool bakes)
    {
        using SdkProject project = Baked();

        BuildOutcome outcome = project.Build("HyperlightBake", (name, value));

        Assert.True(outcome.Succeeded);
        Assert.Equal(bakes, outcome.Baked.Length > 0);
    }

    [Fact]
    public void Changed_init_data_bakes()
    {
        using SdkProject project = SdkProject.WithGuest(
            "<ItemGroup><HyperlightGuest Include='guests/hello.elf' InitData='init.bin' /></ItemGroup>");
        project.Write("init.bin", "one");
        Assert.NotEmpty(project.Build("HyperlightBake").Baked);
        Assert.Empty(project.Build("HyperlightBake").Baked);
        project.Write("init.bin", "three");

        Assert.NotEmpty(project.Build("HyperlightBake").Baked);
    }

    [Theory]
    [InlineData("index.json")]
    [InlineData("oci-layout")]
    [InlineData("blobs/sha256/*")]
    public void A_lost_image_file_bakes(string pattern)
    {
        using SdkProject project = Baked();
        string folder = project.PathOf($"{Image}/{Path.GetDirectoryName(pattern)}");
        string lost = Directory.EnumerateFiles(folder, Path.GetFileName(pattern)).First();
        File.Delete(lost);

        Assert.NotEmpty(project.Build("HyperlightBake").Baked);

        Assert.True(File.Exists(lost));
    }

    [Fact]
    public void Only_the_guest_that_changed_is_baked()
    {
        using SdkProject project = Baked();
        project.Write("guests/other.elf", GuestFiles.Amd64());
        Assert.Equal(["other"], project.Build("HyperlightBake").Baked);
        project.Write("guests/hello.elf", GuestFiles.Amd64(fill: 0x90));

        Assert.Equal(["hello"], project.Build("HyperlightBake").Baked);
    }

    [Fact]
    public void Configurations_do_not_share_images()
    {
        using SdkProject project = Baked();

        BuildOutcome release = project.Build("HyperlightBake", ("Configuration", "Release"), ("HyperlightHeapSize", "1M"));

        Assert.NotEmpty(release.Baked);
        Assert.True(project.Has("obj/Release/net10.0/hyperlight/hello/index.json"));
        Assert.Empty(project.Build("HyperlightBake").Baked);
    }

    private static SdkProject Baked()
    {
        SdkProject project = SdkProject.WithGuest();
        Assert.NotEmpty(project.Build("HyperlightBake").Baked);
        return project;
    }
}
