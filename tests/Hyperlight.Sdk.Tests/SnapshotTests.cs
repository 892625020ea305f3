using Hyperlight.Testing;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tests;

/// <summary>
/// Tests the target HyperlightSnapshot in builds. A shell script replaces the process that takes snapshots, and a file replaces the device
/// of the hypervisor.
/// </summary>
public sealed class SnapshotTests : IDisposable
{
    private const string Obj = "obj/Debug/net10.0/hyperlight/hello";
    private const string Bin = "bin/Debug/net10.0/guests/hello";

    private readonly FakeSnapshotter _snapshotter = new();

    public SnapshotTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "probe shell: the process is a shell script");

    [Theory]
    [InlineData("HL4011", "Snapshot='yes'", "Snapshot of guest 'hello': \"yes\"")]
    [InlineData("HL4012", "SnapshotTimeout='1m'", "SnapshotTimeout of guest 'hello': \"1m\"")]
    [InlineData("HL4012", "SnapshotTimeout='0'", "from 1 to 3600")]
    [InlineData("HL4012", "SnapshotTimeout='3601'", "from 1 to 3600")]
    [InlineData("HL4013", "Snapshot='auto' HostFunctions='no.json'", "no.json' does not exist")]
    public void A_wrong_word_is_one_coded_error_at_its_line(string code, string metadata, string text)
    {
        using SdkProject project = SdkProject.WithGuest(
            $"<ItemGroup><HyperlightGuest Include='guests/hello.elf' {metadata} /></ItemGroup>");

        Diagnostic error = Assert.Single(project.Build("HyperlightSnapshot", Properties()).Errors);

        Assert.Equal((code, project.File, 3), (error.Code, error.File, error.Line));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HyperlightSnapshot", "maybe", "HL4011")]
    [InlineData("HyperlightSnapshotTimeout", "soon", "HL4012")]
    public void A_wrong_property_is_one_coded_error_at_its_line(string name, string value, string code)
    {
        using SdkProject project = SdkProject.WithGuest($"<PropertyGroup><{name}>{value}</{name}></PropertyGroup>");

        Diagnostic error = Assert.Single(project.Build("HyperlightSnapshot", Properties()).Errors);

        Assert.Equal((code, project.File, 3), (error.Code, error.File, error.Line));
        Assert.StartsWith($"{name}: \"{value}\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_being_asked_for_nothing_of_it_happens()
    {
        using SdkProject project = SdkProject.WithGuest();

        BuildOutcome outcome = project.Build("HyperlightSnapshot", Properties());

        Assert.Equal("hello", Assert.Single(outcome.Items).GetMetadata("Name"));
        Assert.False(outcome.Ran("SnapshotGuests"));
    }

    [Fact]
    public void A_build_copies_the_snapshot_beside_the_program_and_starts_the_process_once()
    {
        using SdkProject project = SnapshotProject(out string digest);

        File.Delete(project.PathOf("obj/Debug/net10.0/hyperlight/.state/hello.baked"));
        BuildOutcome first = project.RestoreAndBuild(Properties());
        BuildOutcome second = project.Build("Build", Properties());

        Assert.Empty(first.Errors);
        Assert.True(second.Succeeded);
        Assert.Matches(
            @"^hello -> bin/Debug/net10\.0/guests/hello-[0-9a-f]{16} \(.* stored, with a snapshot\)$", Assert.Single(LinesOf(first)));
        Assert.Empty(LinesOf(second));
        Assert.Equal(1, _snapshotter.Starts);
        Assert.Contains("blobs/sha256/" + digest, project.FilesBelow(Bin));
        Assert.Equal(project.FilesBelow(Obj), project.FilesBelow(Bin));
        Assert.Equal(project.Read($"{Obj}/index.json"), File.ReadAllText(Path.Combine(project.PathOfImage(Bin), "index.json")));
    }

    [Fact]
    public void The_target_returns_the_image_with_the_digest_of_its_snapshot()
    {
        using SdkProject project = SnapshotProject(out string digest);

        ITaskItem first = Assert.Single(project.Build("HyperlightSnapshot", Properties()).Items);
        ITaskItem second = Assert.Single(project.Build("HyperlightSnapshot", Properties()).Items);

        Assert.All([first, second], item => Assert.Equal("sha256:" + digest, item.GetMetadata("SnapshotDigest")));
        Assert.Equal(digest, second.GetMetadata("SnapshotSha256"));
        Assert.Equal(project.PathOf("guests/hello.elf"), first.GetMetadata("GuestBinary"));
        Assert.NotEqual("", first.GetMetadata("Digest"));
    }

    [Fact]
    public void A_project_that_references_ours_gets_the_snapshot()
    {
        using SdkProject project = SnapshotProject(out string digest);
        project.Write("consumer/Consumer.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Library</OutputType></PropertyGroup>
              <ItemGroup><ProjectReference Include="../App.csproj" ReferenceOutputAssembly="false" /></ItemGroup>
            </Project>
            """);
        using SdkProject consumer = SdkProject.At(project.PathOf("consumer/Consumer.csproj"));

        Assert.Empty(consumer.RestoreAndBuild(Properties()).Errors);

        Assert.Contains("blobs/sha256/" + digest, project.FilesBelow("consumer/" + Bin));
        Assert.Equal(project.FilesBelow(Obj), project.FilesBelow("consumer/" + Bin));
    }

    [Fact]
    public void Another_guest_gets_another_snapshot_and_the_old_one_vanishes_from_obj_and_bin()
    {
        using SdkProject project = SnapshotProject(out string digest);
        Assert.True(project.RestoreAndBuild(Properties()).Succeeded);
        project.Write("guests/hello.elf", GuestFiles.Amd64(fill: 0x90));
        Assert.True(project.Build("HyperlightBake", Properties()).Succeeded);
        string next = _snapshotter.WriteTaking(project.PathOf(Obj), "another");

        Assert.True(project.Build("Build", Properties()).Succeeded);

        string[] files = project.FilesBelow(Bin);
        Assert.Contains("blobs/sha256/" + next, files);
        Assert.DoesNotContain("blobs/sha256/" + digest, files);
        Assert.Equal(project.FilesBelow(Obj), files);
    }

    [Fact]
    public void Switched_off_the_snapshot_vanishes_from_obj_and_bin()
    {
        using SdkProject project = SnapshotProject(out _);
        Assert.True(project.RestoreAndBuild(Properties()).Succeeded);
        project.SetBody("");

        BuildOutcome off = project.Build("Build", Properties());
        BuildOutcome next = project.Build("Build", Properties());

        Assert.True(off.Succeeded);
        Assert.Equal(5, project.FilesBelow(Bin).Length);
        Assert.Equal(project.FilesBelow(Obj), project.FilesBelow(Bin));
        Assert.DoesNotContain("snapshot", File.ReadAllText(Path.Combine(project.PathOfImage(Bin), "index.json")), StringComparison.Ordinal);
        Assert.DoesNotContain(project.FilesBelow("obj"), file => file.EndsWith(".snapshot", StringComparison.Ordinal));
        Assert.Empty(off.Baked);
        Assert.False(next.Ran("SnapshotGuests"));
    }

    [Fact]
    public void A_lost_copy_comes_back_without_a_process()
    {
        using SdkProject project = SnapshotProject(out _);
        Assert.True(project.RestoreAndBuild(Properties()).Succeeded);
        Directory.Delete(project.PathOfImage(Bin), recursive: true);

        Assert.True(project.Build("Build", Properties()).Succeeded);

        Assert.Equal(project.FilesBelow(Obj), project.FilesBelow(Bin));
        Assert.Equal(1, _snapshotter.Starts);
    }

    [Fact]
    public void A_removed_guest_takes_its_snapshot_along_and_clean_leaves_nothing()
    {
        using SdkProject project = SnapshotProject(out _);
        project.Write("guests/other.elf", GuestFiles.Amd64());
        Assert.True(project.RestoreAndBuild(Properties()).Succeeded);
        project.Delete("guests/hello.elf");
        project.SetBody("");

        Assert.True(project.Build("Build", Properties()).Succeeded);
        Assert.DoesNotContain(project.FilesBelow("."), file => file.Contains("hello", StringComparison.Ordinal));

        Assert.True(project.Build("Clean", Properties()).Succeeded);
        Assert.Empty(project.FilesBelow("obj/Debug/net10.0/hyperlight"));
    }

    [Fact]
    public void Insisted_on_and_failed_the_build_fails_each_time_and_bin_has_no_snapshot()
    {
        using SdkProject project = SnapshotProject(out _);
        _snapshotter.Write("echo 'HL5001: /dev/kvm is not there' >&2; exit 1");

        BuildOutcome first = project.RestoreAndBuild(Properties());
        BuildOutcome second = project.Build("Build", Properties());

        Assert.All([first, second], outcome =>
        {
            Diagnostic error = Assert.Single(outcome.Errors);
            Assert.Equal(("HL5001", project.File, 3), (error.Code, error.File, error.Line));
            Assert.EndsWith("HL5001.md", error.HelpLink, StringComparison.Ordinal);
        });
        Assert.Equal(2, _snapshotter.Starts);
        Assert.Equal(5, project.FilesBelow(Obj).Length);
    }

    [Fact]
    public void By_the_property_all_guests_get_one_where_there_is_a_hypervisor()
    {
        using SdkProject project = SdkProject.WithGuest("<PropertyGroup><HyperlightSnapshot>auto</HyperlightSnapshot></PropertyGroup>");
        _snapshotter.Write("exit 5");
        BuildOutcome nowhere = project.Build("HyperlightSnapshot", Properties(device: "/nowhere"));
        Assert.True(nowhere.Succeeded);
        Assert.EndsWith(" stored, without a snapshot)", Assert.Single(LinesOf(nowhere)), StringComparison.Ordinal);
        Assert.Equal(0, _snapshotter.Starts);

        BuildOutcome outcome = project.Build("HyperlightSnapshot", Properties());

        Assert.True(outcome.Succeeded);
        Assert.Equal("HL3011", Assert.Single(outcome.Warnings).Code);
        Assert.Equal(1, _snapshotter.Starts);
    }

    [Fact]
    public void A_file_with_host_functions_beside_the_guest_is_found()
    {
        using SdkProject project = SdkProject.WithGuest(
            "<ItemGroup><HyperlightGuest Update='guests/hello.elf' Snapshot='true' /></ItemGroup>");
        project.Write("guests/hello.host.json", "{}");
        _snapshotter.Write("exit 5");

        project.Build("HyperlightSnapshot", Properties());

        Assert.EndsWith($" --host-functions {project.PathOf("guests/hello.host.json")}", _snapshotter.Arguments, StringComparison.Ordinal);
        Assert.Equal(
            ["guests/hello.elf", "guests/hello.host.json"],
            project.Evaluate().GetItems("Watch").Select(item => item.EvaluatedInclude).Order());
    }

    [Fact]
    public void An_assembly_with_host_functions_is_built_before()
    {
        using SdkProject project = SdkProject.WithGuest("""
              <ItemGroup>
                <HyperlightGuest Update="guests/hello.elf" Snapshot="true" HostFunctionsAssembly="../functions.dll" />
                <ProjectReference Include="Functions/Functions.proj"
                                  ReferenceOutputAssembly="false" SkipGetTargetFrameworkProperties="true" />
              </ItemGroup>
            """);
        string assembly = Path.GetFullPath(project.PathOf("../functions.dll"));
        project.Write(
            "Functions/Functions.proj",
            $"""<Project><Target Name="Build"><WriteLinesToFile File="{assembly}" Lines="built" /></Target></Project>""");
        _snapshotter.Write("exit 5");
        try
        {
            Assert.Empty(project.Build("Restore", Properties()).Errors);
            BuildOutcome outcome = project.Build("HyperlightSnapshot", Properties());

            Assert.Contains("exit code 5", Assert.Single(outcome.Errors).Message, StringComparison.Ordinal);
            Assert.EndsWith($" --host-functions-assembly {assembly}", _snapshotter.Arguments, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(assembly);
        }
    }

    [Fact]
    public void Evaluation_tells_what_a_snapshot_reads_and_writes()
    {
        using SdkProject project = SdkProject.WithGuest("""
              <PropertyGroup><HyperlightSnapshot>auto</HyperlightSnapshot></PropertyGroup>
              <ItemGroup>
                <HyperlightGuest Update="guests/hello.elf" HostFunctions="f.json" HostFunctionsAssembly="a.dll" />
                <HyperlightGuest Include="guests/other.elf" Snapshot="false" />
              </ItemGroup>
            """);

        string[] Of(string type) =>
        [
            .. project.Evaluate().GetItems(type).Where(item => item.GetMetadataValue("Set") == "HyperlightSnapshot")
                .Select(item => item.EvaluatedInclude).Order(),
        ];

        Assert.Equal(["a.dll", "f.json", "guests/hello.elf"], Of("UpToDateCheckInput"));
        Assert.Equal(["obj/Debug/net10.0/hyperlight/.state/hello.snapshot"], Of("UpToDateCheckBuilt"));
    }

    public void Dispose() => _snapshotter.Dispose();

    private static IEnumerable<string> LinesOf(BuildOutcome outcome) =>
        outcome.HighMessages.Where(message => message.StartsWith("hello -> ", StringComparison.Ordinal));

    /// <summary>Creates a project with a guest whose snapshot has the returned digest.</summary>
    private SdkProject SnapshotProject(out string digest)
    {
        SdkProject project = SdkProject.WithGuest(
            "<ItemGroup><HyperlightGuest Update='guests/hello.elf' Snapshot='true' /></ItemGroup>").WithoutCompiler();
        Assert.True(project.Build("HyperlightBake").Succeeded);
        digest = _snapshotter.WriteTaking(project.PathOf(Obj));
        return project;
    }

    private (string, string)[] Properties(string device = "/dev/null") =>
    [
        ("_HyperlightDotNetHost", FakeSnapshotter.DotNetHost),
        ("_HyperlightHypervisorDevice", device),
        ("HyperlightSnapshotter", _snapshotter.Script),
    ];
}
