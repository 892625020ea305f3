using Hyperlight.EndToEnd.Tests.Architecture;

namespace Hyperlight.EndToEnd.Tests;

/// <summary>Tests built and published programs that call guests.</summary>
public sealed class RunTests(PackageFolder packages)
{
    private const string Program = """
        using Sandbox sandbox = Guests.Hello.CreateSandbox();
        Console.WriteLine(sandbox.Call<string>("SayHello", "World"));
        """;

    [Fact]
    public void A_project_without_csharp_calls_its_guest_from_the_command_line()
    {
        Kvm.Require();
        using Workspace workspace = Workspace.WithHello(packages, program: null);

        DotNetResult result = workspace.DotNet("run", "--", "SayHello", "World").MustSucceed();

        Assert.EndsWith("Hello, World!", result.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.NotEqual(0, workspace.DotNet("run", "--no-build", "--", "NoSuchFunction").ExitCode);
    }

    [Fact]
    public void A_program_calls_its_guest_through_an_interface()
    {
        using Workspace workspace = Workspace.WithHello(packages, program: """
            using Sandbox sandbox = Guests.Hello.CreateSandbox();
            Console.WriteLine(IHello.For(sandbox).SayHello("World"));

            [GuestInterface]
            internal partial interface IHello
            {
                string SayHello(string name);
            }
            """);
        workspace.Build("build").MustSucceed();

        Kvm.Require();
        Assert.Equal("Hello, World!", workspace.DotNet("bin/Debug/net10.0/App.dll").MustSucceed().Output.TrimEnd());
    }

    [Fact]
    public void A_program_without_its_image_says_so_in_one_line()
    {
        using Workspace workspace = Workspace.WithHello(packages, program: null);
        workspace.Build("build").MustSucceed();
        Directory.Delete(workspace.PathOf("bin/Debug/net10.0/guests"), recursive: true);

        DotNetResult result = workspace.DotNet("bin/Debug/net10.0/App.dll", "SayHello", "World");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("HL3001: ", Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_guests_the_first_argument_chooses()
    {
        Kvm.Require();
        using Workspace workspace = Workspace.WithHello(packages, program: null);
        File.Copy(workspace.PathOf("guests/hello.elf"), workspace.PathOf("guests/other.elf"));
        workspace.Build("build").MustSucceed();

        DotNetResult chosen = workspace.DotNet("bin/Debug/net10.0/App.dll", "OTHER", "SayHello", "you").MustSucceed();
        DotNetResult none = workspace.DotNet("bin/Debug/net10.0/App.dll", "SayHello", "you");

        Assert.Equal("Hello, you!", chosen.Output.TrimEnd());
        Assert.Equal(2, none.ExitCode);
        Assert.Contains("hello, other", none.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("publish", "-c", "Release", "-o", "out")]
    [InlineData("publish", "-c", "Release", "-o", "out", "-r", "linux-x64", "--self-contained", "false", "-p:PublishSingleFile=true")]
    public void A_published_folder_works_elsewhere(params string[] command)
    {
        using Workspace workspace = Workspace.WithHello(packages, program: Program).WithFeedsOfTheMachine();
        workspace.Build(command).MustSucceed();
        Assert.Contains("index.json", workspace.FilesBelow("out/guests/hello"));
        Directory.Move(workspace.PathOf("out"), Path.Combine(workspace.Root, "elsewhere"));
        Directory.Delete(workspace.Folder, recursive: true);
        Directory.CreateDirectory(workspace.Folder);

        Kvm.Require();
        Assert.Equal("Hello, World!", workspace.Run(Path.Combine(workspace.Root, "elsewhere", "App")).MustSucceed().Output.TrimEnd());
    }

    [Fact]
    public void Publishing_without_building_uses_the_images_of_the_build()
    {
        using Workspace workspace = Workspace.WithHello(packages);
        workspace.Build("build", "-c", "Release").MustSucceed();

        DotNetResult result = workspace.Build("publish", "--no-build", "-c", "Release", "-o", "out").MustSucceed();

        Assert.DoesNotContain("hello -> ", result.Output, StringComparison.Ordinal);
        Assert.Equal(workspace.FilesBelow("bin/Release/net10.0/guests/hello"), workspace.FilesBelow("out/guests/hello"));
        PublishedCode.AssertWithoutBuildHalf(workspace.PathOf("out"));
    }

    [Fact]
    public void The_sample_of_a_microkernel_ends_with_the_kernels_exit_code()
    {
        using Workspace workspace = new Workspace(packages).AddSample("Microkernel32");
        workspace.Build("build").MustSucceed();
        string program = workspace.PathOf("bin/Debug/net10.0/Microkernel32");

        Assert.Equal(2, workspace.Run(program, "triangular").ExitCode);
        Kvm.Require();
        Assert.All(["identity", "flat"], variant =>
        {
            DotNetResult result = workspace.Run(program, variant, "ramfs motd", "bulk", "exit 300");

            Assert.Equal(300 & 0xFF, result.ExitCode);
            Assert.Contains(workspace.Read("ramfs/motd"), result.Output, StringComparison.Ordinal);
            Assert.EndsWith("exit code 44; the bulk data came back as it was", result.Output.TrimEnd(), StringComparison.Ordinal);
        });
    }
}
