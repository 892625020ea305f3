using Hyperlight.Testing;

namespace Hyperlight.EndToEnd.Tests.Windows;

/// <summary>Builds projects with the MSBuild and the tasks of Windows, in Wine.</summary>
public sealed class WindowsBuildTests : IClassFixture<WindowsDotNet>
{
    private const string Obj = "obj/Debug/net10.0";
    private const string Bin = "bin/Debug/net10.0";

    private readonly PackageFolder _packages;
    private readonly WindowsDotNet _windows;

    public WindowsBuildTests(PackageFolder packages, WindowsDotNet windows)
    {
        Assert.SkipUnless(WindowsDotNet.Missing is null, WindowsDotNet.Missing ?? "");
        (_packages, _windows) = (packages, windows);
    }

    [Fact]
    public void A_build_on_Windows_gives_the_files_of_a_build_on_Linux_and_a_second_one_gives_nothing()
    {
        using Workspace linux = Workspace.WithHello(_packages);
        using Workspace windows = Workspace.WithHello(_packages);
        linux.Build("build").MustSucceed();

        string output = Build(windows);

        Assert.Matches(@"hello -> bin\\Debug\\net10\.0\\guests\\hello-[0-9a-f]{16} \(", output);
        string[] image = linux.FilesBelow($"{Bin}/guests");
        Assert.Equal(6, image.Length);
        Assert.Equal(image, windows.FilesBelow($"{Bin}/guests"));
        string[] records = [$"{Obj}/Guests.g.cs", $"{Obj}/Guests.Records.g.cs", $"{Obj}/hyperlight/.state/hello.baked"];
        foreach (string file in image.Select(file => $"{Bin}/guests/{file}").Concat(records))
        {
            Assert.True(File.ReadAllBytes(linux.PathOf(file)).SequenceEqual(File.ReadAllBytes(windows.PathOf(file))), file);
        }

        DateTime before = Directory.EnumerateFiles(windows.PathOf("obj"), "*", SearchOption.AllDirectories).Max(File.GetLastWriteTimeUtc);
        Assert.DoesNotContain("hello -> ", Build(windows), StringComparison.Ordinal);
        Assert.Equal(image, windows.FilesBelow($"{Bin}/guests"));
        Assert.Equal(
            before, Directory.EnumerateFiles(windows.PathOf("obj"), "*", SearchOption.AllDirectories).Max(File.GetLastWriteTimeUtc));
    }

    [Fact]
    public void A_project_may_have_paths_of_Windows_and_loses_the_image_of_a_guest_that_was_removed()
    {
        using Workspace workspace = new(_packages);
        workspace.AddGuest("samples/Hello/guests/hello.elf", "guests/Hello.elf");
        workspace.AddGuest("samples/Hello/guests/hello.elf", "guests/other.elf");
        workspace.Write("App.csproj", """
            <Project Sdk="Hyperlight.Sdk/0.1.0">
              <ItemGroup><HyperlightGuest Include="Guests\HELLO.elf" Name="hello" HeapSize="2M" /></ItemGroup>
            </Project>
            """);
        Build(workspace);
        Assert.Equal(["hello", "other"], Guests());
        File.Delete(workspace.PathOf("guests/other.elf"));

        Build(workspace);

        Assert.Equal(["hello"], Guests());

        string[] Guests() =>
        [
            .. Directory.EnumerateDirectories(workspace.PathOf($"{Bin}/guests")).Select(folder => Path.GetFileName(folder).Split('-')[0])
                .Order(StringComparer.Ordinal),
        ];
    }

    [Fact]
    public void A_build_on_Windows_takes_snapshots_with_the_hypervisor_of_Windows()
    {
        Kvm.Require();
        using Workspace workspace = Workspace.WithHello(
            _packages, "<PropertyGroup><HyperlightSnapshot>true</HyperlightSnapshot></PropertyGroup>");

        string output = Build(workspace);

        Assert.Matches(@"hello -> bin\\Debug\\net10\.0\\guests\\hello-[0-9a-f]{16} \(.*, with a snapshot\)", output);
    }

    [Fact]
    public void A_guest_in_csharp_is_built_on_Windows_and_a_second_build_compiles_nothing()
    {
        CSharpGuests.Require();
        using Workspace workspace = CSharpGuests.Create(_packages);
        workspace.Write("App.csproj", """
            <Project Sdk="Hyperlight.Sdk/0.1.0">
              <ItemGroup><HyperlightGuestProject Include="../Greeter/Greeter.csproj" Snapshot="false" /></ItemGroup>
            </Project>
            """);
        workspace.Write("Program.cs", "Console.WriteLine(Guests.Greeter.Name);");
        workspace.Write("../Greeter/Greeter.csproj", """<Project Sdk="Hyperlight.Guest.Sdk/0.1.0" />""");
        workspace.Write("../Greeter/Greeter.cs", """
            [GuestInterface]
            public interface IGreeter { string Greet(string name); }

            [GuestExport]
            internal sealed partial class Greeter : IGreeter { public string Greet(string name) => $"Hello, {name}!"; }
            """);

        // This restore downloads the native compiler for Windows, so that the restore in Wine downloads nothing.
        workspace.Write("../Greeter/Directory.Build.props", """
            <Project>
              <ItemGroup><PackageDownload Include="runtime.win-x64.Microsoft.DotNet.ILCompiler" Version="[10.0.12]" /></ItemGroup>
            </Project>
            """);
        workspace.Build("restore").MustSucceed();
        File.Delete(workspace.PathOf("../Greeter/Directory.Build.props"));

        Assert.Contains("Generating native code", Build(workspace), StringComparison.Ordinal);

        // Five files of the image, and its source map.
        Assert.Equal(6, workspace.FilesBelow($"{Bin}/guests").Length);
        Assert.DoesNotContain("Generating native code", Build(workspace), StringComparison.Ordinal);
    }

    private string Build(Workspace workspace)
    {
        FinishedProcess build = _windows.Build(workspace.PathOf("App.csproj"), "-verbosity:minimal");
        Assert.True(build.ExitCode == 0, $"exit code {build.ExitCode}\n{build.Output}\n{build.Error}");
        Assert.DoesNotContain(": warning ", build.Output, StringComparison.Ordinal);
        return build.Output;
    }
}
