namespace Hyperlight.EndToEnd.Tests;

/// <summary>Tests programs with a guest in C#, from the packages, with no program but dotnet to start.</summary>
public sealed class CSharpGuestTests(CSharpGuest guest) : IClassFixture<CSharpGuest>
{
    [Fact]
    public void A_guest_is_built_with_nothing_but_the_dotnet_sdk_and_costs_nothing_when_unchanged()
    {
        CSharpGuests.Require();
        guest.Build();
        Assert.True(File.Exists(guest.ElfFile));
        Assert.Equal("Orders.Guest", guest.Workspace.Run(guest.Workspace.PathOf("bin/Debug/net10.0/App")).Output.Trim());

        DotNetResult second = guest.Workspace.Build("build").MustSucceed();

        Assert.False(second.Log!.Ran("LinkGuest"));
        Assert.True(second.Log.WasUpToDate("IlcCompile"));
        Assert.DoesNotContain("Orders.Guest -> bin/Debug/net10.0/guests", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_in_the_guest_is_one_error_at_its_file_and_line()
    {
        CSharpGuests.Require();
        guest.Build();
        guest.Write("namespace Orders;\n\ninternal sealed class Greeter : INothing;");

        DotNetResult result = guest.Workspace.Build("build");

        Assert.NotEqual(0, result.ExitCode);
        (string code, string file, int line) = Assert.Single(result.Log!.Errors);
        Assert.Equal(("CS0246", "Greeter.cs", 3), (code, Path.GetFileName(file), line));
    }

    [Fact]
    public void A_graph_build_and_a_publish_for_another_platform_build_the_guest_and_a_clean_leaves_none()
    {
        CSharpGuests.Require();
        guest.Build("-graph");
        byte[] built = File.ReadAllBytes(guest.ElfFile);

        guest.Workspace.Build("publish", "-c", "Debug", "-r", "win-x64", "--no-self-contained", "-p:UseAppHost=false").MustSucceed();
        Assert.Equal(built, File.ReadAllBytes(guest.ElfFile));
        Assert.NotEmpty(guest.Workspace.FilesBelow("bin/Debug/net10.0/win-x64/publish/guests"));

        guest.Workspace.Build("clean").MustSucceed();
        Assert.False(File.Exists(guest.ElfFile));
    }
}
