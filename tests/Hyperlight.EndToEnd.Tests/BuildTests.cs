using System.Text.Json;
using Hyperlight.Testing;

namespace Hyperlight.EndToEnd.Tests;

/// <summary>Tests the files and the messages of <c>dotnet build</c>.</summary>
public sealed class BuildTests(PackageFolder packages)
{
    [Fact]
    public void A_second_build_skips_the_bake()
    {
        using Workspace workspace = Workspace.WithHello(packages);
        Assert.Contains("hello -> ", workspace.Build("build").MustSucceed().Output, StringComparison.Ordinal);

        DotNetResult second = workspace.Build("build").MustSucceed();

        Assert.DoesNotContain("hello -> ", second.Output, StringComparison.Ordinal);
        Assert.True(second.Log!.WasUpToDate("CoreCompile"));
    }

    [Theory]
    [InlineData("HL4001", "<HyperlightGuest Include='guests/helo.elf' />")]
    [InlineData("HL4002", "<HyperlightGuest Include='guests/hello.elf' HeapSize='1X' />")]
    public void A_mistake_in_the_project_is_one_error_at_its_line(string code, string item)
    {
        using Workspace workspace = Workspace.WithHello(packages, $"\n<ItemGroup>\n{item}\n</ItemGroup>\n");

        DotNetResult result = workspace.Build("build");

        MustFail(workspace, result, code, workspace.PathOf("App.csproj"), 3);
    }

    [Fact]
    public void Mistyped_names_are_warnings_that_give_the_nearest_also_in_a_project_called_Guests()
    {
        using Workspace workspace = new(packages, "Guests");
        workspace.AddHello();
        workspace.Write("Guests.csproj", """
            <Project Sdk="Hyperlight.Sdk/0.1.0">
              <PropertyGroup><HyperlightHeapSiez>1M</HyperlightHeapSiez></PropertyGroup>
              <ItemGroup>
                <HyperlightGuest Update="guests/hello.elf" Snapshots="auto" />
                <HyperlightGest Include="guests/hello.elf" />
              </ItemGroup>
            </Project>
            """);
        workspace.Write("Program.cs", "return Guests.Hello.Name.Length;");

        DotNetResult result = workspace.Build("build", "-p:HyperlightArchitekture=amd64");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains(
            "Guests.csproj(2): warning HL4025: The property HyperlightHeapSiez is not known; the nearest is "
                + "HyperlightHeapSize: ",
            result.Output, StringComparison.Ordinal);
        Assert.Contains(
            "Guests.csproj(4): warning HL4025: The metadata Snapshots of HyperlightGuest 'guests/hello.elf' is not known; the "
                + "nearest is Snapshot: ",
            result.Output, StringComparison.Ordinal);
        Assert.Contains(
            "Guests.csproj(5): warning HL4025: The item HyperlightGest is not known; the nearest is HyperlightGuest: ",
            result.Output,
            StringComparison.Ordinal);
        Assert.Contains("; the nearest is HyperlightArchitecture: ", result.Output, StringComparison.Ordinal);
        Assert.Equal(5, workspace.DotNet("bin/Debug/net10.0/Guests.dll").ExitCode);
    }

    [Theory]
    [InlineData("HL1001", "")]
    [InlineData("HL2001", "<PropertyGroup><HyperlightArchitecture>amd64</HyperlightArchitecture></PropertyGroup>")]
    public void A_wrong_guest_is_one_error_at_the_guest(string code, string body)
    {
        using Workspace workspace = Workspace.WithHello(packages, body);
        workspace.Write("guests/hello.elf", code == "HL1001" ? "not an ELF file"u8.ToArray() : TestElf.I686().Build());

        DotNetResult result = workspace.Build("build");

        MustFail(workspace, result, code, workspace.PathOf("guests/hello.elf"), 0);
        Assert.False(Directory.Exists(workspace.PathOf("obj/Debug/net10.0/hyperlight/hello")));
    }

    [Fact]
    public void Scripts_can_read_what_was_baked()
    {
        using Workspace workspace = Workspace.WithHello(packages);

        DotNetResult result = workspace.DotNet("build", "-getTargetResult:HyperlightBake", "-nodeReuse:false").MustSucceed();

        JsonElement baked = JsonDocument.Parse(result.Output).RootElement.GetProperty("TargetResults").GetProperty("HyperlightBake");
        Assert.Equal("Success", baked.GetProperty("Result").GetString());
        JsonElement image = Assert.Single(baked.GetProperty("Items").EnumerateArray());
        Assert.Equal("hello", image.GetProperty("Name").GetString());
        Assert.Equal("amd64", image.GetProperty("Architecture").GetString());
        Assert.Matches("^sha256:[0-9a-f]{64}$", image.GetProperty("Digest").GetString()!);

        result = workspace.DotNet("msbuild", "-getItem:HyperlightGuest", "-nodeReuse:false").MustSucceed();
        Assert.Contains("\"Name\": \"hello\"", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Clean_leaves_no_image()
    {
        using Workspace workspace = Workspace.WithHello(packages);
        workspace.Build("build").MustSucceed();

        workspace.DotNet("clean", "-nodeReuse:false").MustSucceed();

        Assert.Empty(workspace.FilesBelow("bin/Debug/net10.0/guests"));
        Assert.False(Directory.Exists(workspace.PathOf("obj/Debug/net10.0/hyperlight")));
    }

    private static void MustFail(Workspace workspace, DotNetResult result, string code, string file, int line)
    {
        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal((code, file, line), Assert.Single(result.Log!.Errors));
        Assert.DoesNotContain("   at ", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("MSB4018", result.Output, StringComparison.Ordinal);
        Assert.Empty(workspace.FilesBelow("bin/Debug/net10.0/guests"));
    }
}
