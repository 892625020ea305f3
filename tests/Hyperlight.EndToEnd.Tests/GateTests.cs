using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.EndToEnd.Tests;

/// <summary>
/// Tests builds that treat warnings as errors, and builds after a guest was replaced by another of the same size and time.
/// </summary>
public sealed class GateTests(PackageFolder packages)
{
    [Fact]
    public void A_strict_build_fails_at_the_second_try_as_well_and_after_a_lenient_one()
    {
        using Workspace workspace = Workspace.WithHello(packages);
        ElfSegmentFlags all = ElfSegmentFlags.Read | ElfSegmentFlags.Write | ElfSegmentFlags.Execute;
        workspace.Write("guests/hello.elf", TestElf.Amd64().WithSegment(0x8000, all, [1]).Build());

        MustFail(workspace.Build("build", "-warnaserror"));
        MustFail(workspace.Build("build", "-warnaserror"));
        DotNetResult lenient = workspace.Build("build");
        Assert.Equal(0, lenient.ExitCode);
        Assert.Contains("warning HL1017: ", lenient.Output, StringComparison.Ordinal);
        MustFail(workspace.Build("build", "-p:TreatWarningsAsErrors=true"));
        MustFail(workspace.Build("build", "-warnaserror:HL1017"));

        static void MustFail(DotNetResult result)
        {
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains("error HL1017: ", result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_link_to_another_guest_of_the_same_size_and_time_ships_that_guest()
    {
        using Workspace workspace = new(packages);
        workspace.Write("App.csproj", """<Project Sdk="Hyperlight.Sdk/0.1.0" />""");
        workspace.Write("Program.cs", "return 0;");
        workspace.Write("one.elf", TestElf.Amd64().WithSegment(0x8000, ElfSegmentFlags.Read, [1]).Build());
        workspace.Write("two.elf", TestElf.Amd64().WithSegment(0x8000, ElfSegmentFlags.Read, [2]).Build());
        File.SetLastWriteTimeUtc(workspace.PathOf("two.elf"), File.GetLastWriteTimeUtc(workspace.PathOf("one.elf")));
        Directory.CreateDirectory(workspace.PathOf("guests"));
        File.CreateSymbolicLink(workspace.PathOf("guests/hello.elf"), workspace.PathOf("one.elf"));
        workspace.Build("build").MustSucceed();
        string[] before = workspace.FilesBelow("bin/Debug/net10.0/guests");

        File.Move(workspace.PathOf("two.elf"), workspace.PathOf("one.elf"), overwrite: true);
        workspace.Build("build").MustSucceed();

        Assert.NotEqual(before, workspace.FilesBelow("bin/Debug/net10.0/guests"));
    }
}
