namespace Hyperlight.Sdk.Tests;

/// <summary>When a guest is baked again, and when not.</summary>
public sealed class IncrementalTests
{
    private const string Image = "obj/Debug/net10.0/hyperlight/hello";

    [Fact]
    public void Nothing_changed_bakes_nothing()
    {
        using SdkProject project = Baked();

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.True(outcome.WasUpToDate("_HyperlightBakeGuests"));
        Assert.False(outcome.Ran("BakeGuests"));
    }

    [Fact]
    public void A_touched_guest_is_baked_but_its_image_files_stay_as_they_are()
    {
        using SdkProject project = Baked();
        DateTime before = File.GetLastWriteTimeUtc(project.PathOf($"{Image}/index.json"));
        File.SetLastWriteTimeUtc(project.PathOf("guests/hello.elf"), DateTime.UtcNow.AddSeconds(5));

        Assert.True(project.Build("HyperlightBake").Ran("BakeGuests"));

        Assert.Equal(before, File.GetLastWriteTimeUtc(project.PathOf($"{Image}/index.json")));
        Assert.False(project.Build("HyperlightBake").Ran("BakeGuests"));
    }

    [Fact]
    public void A_guest_replaced_by_an_older_file_is_baked()
    {
        using SdkProject project = Baked();
        string[] before = project.FilesBelow(Image);
        project.Write("guests/hello.elf", GuestFiles.Amd64(fill: 0x90));
        File.SetLastWriteTimeUtc(project.PathOf("guests/hello.elf"), new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        Assert.True(project.Build("HyperlightBake").Ran("BakeGuests"));

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
    [InlineData("HyperlightLayout", "amd64", true)]
    [InlineData("HyperlightPermissions", "Upstream", true)]
    [InlineData("HyperlightPermissions", "Segments", false)]
    [InlineData("HyperlightInitDataPermissions", "rw", true)]
    [InlineData("HyperlightInitDataPermissions", "R", false)]
    [InlineData("HyperlightExecutableHeap", "True", true)]
    [InlineData("HyperlightExecutableHeap", "false", false)]
    [InlineData("HyperlightHardwareInterrupts", "True", true)]
    [InlineData("HyperlightHardwareInterrupts", "false", false)]
    [InlineData("HyperlightSdkVersion", "9.9.9", true)]
    [InlineData("HyperlightNamespace", "Elsewhere", false)]
    public void A_setting_bakes_when_its_value_is_another(string name, string value, bool bakes)
    {
        using SdkProject project = Baked();

        BuildOutcome outcome = project.Build("HyperlightBake", (name, value));

        Assert.True(outcome.Succeeded);
        Assert.Equal(bakes, outcome.Ran("BakeGuests"));
    }

    [Fact]
    public void Changed_init_data_bakes()
    {
        using SdkProject project = SdkProject.WithGuest("<ItemGroup><HyperlightGuest Include='guests/hello.elf' InitData='init.bin' /></ItemGroup>");
        project.Write("init.bin", "one");
        Assert.True(project.Build("HyperlightBake").Ran("BakeGuests"));
        Assert.False(project.Build("HyperlightBake").Ran("BakeGuests"));
        project.Write("init.bin", "three");

        Assert.True(project.Build("HyperlightBake").Ran("BakeGuests"));
    }

    [Theory]
    [InlineData("index.json")]
    [InlineData("oci-layout")]
    [InlineData("blobs/sha256/*")]
    public void A_lost_image_file_bakes(string pattern)
    {
        using SdkProject project = Baked();
        string lost = Directory.EnumerateFiles(project.PathOf($"{Image}/{Path.GetDirectoryName(pattern)}"), Path.GetFileName(pattern)).First();
        File.Delete(lost);

        Assert.True(project.Build("HyperlightBake").Ran("BakeGuests"));

        Assert.True(File.Exists(lost));
    }

    [Fact]
    public void Only_the_guest_that_changed_is_baked()
    {
        using SdkProject project = Baked();
        project.Write("guests/other.elf", GuestFiles.Amd64());
        Assert.Equal("other", Assert.Single(BakedNames(project.Build("HyperlightBake"))));
        File.SetLastWriteTimeUtc(project.PathOf("guests/hello.elf"), DateTime.UtcNow.AddSeconds(5));

        Assert.Equal("hello", Assert.Single(BakedNames(project.Build("HyperlightBake"))));
    }

    [Fact]
    public void Configurations_do_not_share_images()
    {
        using SdkProject project = Baked();

        BuildOutcome release = project.Build("HyperlightBake", ("Configuration", "Release"), ("HyperlightHeapSize", "1M"));

        Assert.True(release.Ran("BakeGuests"));
        Assert.True(project.Has("obj/Release/net10.0/hyperlight/hello/index.json"));
        Assert.False(project.Build("HyperlightBake").Ran("BakeGuests"));
    }

    private static SdkProject Baked()
    {
        SdkProject project = SdkProject.WithGuest();
        Assert.True(project.Build("HyperlightBake").Ran("BakeGuests"));
        return project;
    }

    private static IEnumerable<string> BakedNames(BuildOutcome outcome) =>
        outcome.HighMessages.Where(message => message.Contains(" -> ", StringComparison.Ordinal)).Select(message => message.Split(' ')[0]);
}
