using System.IO.Compression;

namespace Hyperlight.EndToEnd.Tests;

/// <summary>Tests programs with a guest in C#, from the packages, with no program but dotnet to start.</summary>
public sealed class CSharpGuestTests(CSharpGuest guest, PackageFolder packages) : IClassFixture<CSharpGuest>
{
    private const string Image = "bin/Debug/net10.0/guests/Orders.Guest";

    [Fact]
    public void A_guest_is_built_once_with_nothing_but_the_dotnet_sdk_and_costs_nothing_when_unchanged()
    {
        CSharpGuests.Require();
        Workspace workspace = guest.Workspace;
        BuildLog first = guest.Build("-t:Rebuild").Log!;
        Assert.Equal((1, true), (first.Count("LinkGuest"), first.Loaded("LibObjectFile")));
        Assert.Equal("Orders.Guest", workspace.DotNet("run", "--no-build").MustSucceed().Output.Trim());
        Assert.Equal(workspace.FilesBelow(Image), workspace.FilesBelow($"../Second/{Image}"));

        DotNetResult second = guest.Build();

        // Csc compiles, Exec starts the native compiler. A bake and a snapshot print a line.
        Assert.All((string[])["Csc", "Exec", "LinkGuest"], task => Assert.Equal((task, 0), (task, second.Log!.Count(task))));
        Assert.False(second.Log!.Loaded("LibObjectFile"));
        Assert.True(second.Log.Loaded("Hyperlight.Sdk.Tasks"));
        Assert.DoesNotContain("Orders.Guest -> bin/Debug/net10.0/guests", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_is_linked_again_when_a_file_of_the_package_changes_and_its_time_does_not()
    {
        CSharpGuests.Require();
        guest.Build();
        byte[] before = File.ReadAllBytes(guest.ElfFile);
        string kit = Path.Combine(packages.Path, "hyperlight.guest.sdk", "0.1.0", "kit");
        using ChangedFile file = new(Path.Combine(kit, "kit-text-c.o"), content => [.. content, 0]);
        using ChangedFile digests = new(
            Path.Combine(kit, "digests.txt"), content => [.. content.Select(character => character == 'A' ? (byte)'B' : character)]);

        BuildLog log = guest.Workspace.Build("build", "--no-restore").MustSucceed().Log!;

        Assert.Equal((1, 0, 0), (log.Count("LinkGuest"), log.Count("Exec"), log.Count("Csc")));
        Assert.Equal(before, File.ReadAllBytes(guest.ElfFile));
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
    public void A_guest_of_the_configuration_Release_does_not_tell_the_folder_of_its_sources()
    {
        CSharpGuests.Require();
        Workspace workspace = guest.Workspace;
        guest.Build();

        workspace.Build("build", "../Orders.Guest", "--no-restore", "-c", "Release", "-t:Compile").MustSucceed();

        byte[] assembly = File.ReadAllBytes(Path.Combine(workspace.Root, "Orders.Guest/obj/Release/net10.0/Orders.Guest.dll"));
        Assert.True(assembly.AsSpan().IndexOf("/_/obj/Release/net10.0/Orders.Guest.pdb"u8) > 0);
        Assert.Equal(-1, assembly.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(workspace.Root)));
    }

    [Fact]
    public void Graph_builds_publishes_packages_and_watchers_see_the_guest_and_a_clean_leaves_none()
    {
        CSharpGuests.Require();
        Workspace workspace = guest.Workspace;
        guest.Build("-graph");
        workspace.Build("build", "--no-restore", "-graph", "-isolate").MustSucceed();
        byte[] built = File.ReadAllBytes(guest.ElfFile);
        string[] image = workspace.FilesBelow(Image);

        workspace.Build("publish", "--no-build", "-c", "Debug", "-o", "out").MustSucceed();
        Assert.Equal(image, workspace.FilesBelow("out/guests/Orders.Guest"));
        workspace.Build("pack", "--no-build", "-c", "Debug", "-o", workspace.Feed).MustSucceed();
        using (ZipArchive package = ZipFile.OpenRead(Path.Combine(workspace.Feed, "App.1.0.0.nupkg")))
        {
            Assert.Equal(image.Length, package.Entries.Count(entry => entry.FullName.Contains("/guests/", StringComparison.Ordinal)));
        }

        string[] watched = workspace.DotNet("watch", "--list").MustSucceed().Output.Split('\n', StringSplitOptions.TrimEntries);
        Assert.Contains(watched, file => Path.GetFileName(file) == "Greeter.cs");
        Assert.DoesNotContain(watched, file => Path.GetExtension(file) == ".elf");

        workspace.Build("publish", "-c", "Debug", "-r", "win-x64", "--no-self-contained", "-p:UseAppHost=false").MustSucceed();
        Assert.Equal(built, File.ReadAllBytes(guest.ElfFile));
        Assert.NotEmpty(workspace.FilesBelow("bin/Debug/net10.0/win-x64/publish/guests"));
        workspace.Build("publish", "../Orders.Guest", "-c", "Debug", "-o", "guest").MustSucceed();
        Assert.Equal(built, File.ReadAllBytes(workspace.PathOf("guest/Orders.Guest.elf")));

        workspace.Build("clean", "../All.slnx").MustSucceed();
        Assert.Empty(Directory.GetFiles(Path.Combine(workspace.Root, "Orders.Guest"), "Orders.Guest.*elf", SearchOption.AllDirectories));
        Assert.False(File.Exists(workspace.PathOf("obj/Debug/net10.0/guests/Orders.Guest.elf")));
    }

    // Changes a file of a package, and leaves the time as it is. NuGet gives all files of packages the same time.
    private sealed class ChangedFile : IDisposable
    {
        private readonly string _path;
        private readonly byte[] _before;

        public ChangedFile(string path, Func<byte[], byte[]> change)
        {
            (_path, _before) = (path, File.ReadAllBytes(path));
            Write(change(_before));
        }

        public void Dispose() => Write(_before);

        private void Write(byte[] content)
        {
            DateTime time = File.GetLastWriteTimeUtc(_path);
            File.WriteAllBytes(_path, content);
            File.SetLastWriteTimeUtc(_path, time);
        }
    }
}
