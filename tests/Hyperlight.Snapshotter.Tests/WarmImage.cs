using System.Diagnostics;
using System.Text;
using Hyperlight.Baking;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Testing;

namespace Hyperlight.Snapshotter.Tests;

/// <summary>An image of the guest <c>warm</c> in a folder of its own, and the process that takes the snapshot of the image.</summary>
internal sealed class WarmImage : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hyperlight-warm-");

    /// <param name="initData">The init data. For the guest <c>warm</c> it selects the way in which the start fails.</param>
    /// <param name="guest">The name of the ELF file without its extension.</param>
    /// <param name="sizes">The sizes; <c>null</c> for the default sizes.</param>
    public WarmImage(string initData = "", string guest = "warm", GuestSizes? sizes = null)
    {
        List<Finding> findings = [];
        BakedImage? baked = GuestBaker.Bake(
            new()
            {
                GuestName = "warm",
                Guest = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Guests", guest + ".elf")),
                InitData = Encoding.UTF8.GetBytes(initData),
                Sizes = sizes ?? new(),
            },
            findings);
        ImageWriter.Write(Folder, baked!);
        File.WriteAllText(
            Functions, """{ "functions": [ { "name": "Settings", "parameters": [], "returns": "string", "value": "of the build" } ] }""");
    }

    /// <summary>The folder of the image.</summary>
    public string Folder => Path.Combine(_root.FullName, "warm");

    /// <summary>The path of a file that declares the host function of the guest's start.</summary>
    public string Functions => Path.Combine(_root.FullName, "warm.host.json");

    /// <summary>The files of the image, relative to its folder.</summary>
    public string[] Files =>
        [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file))
            .Order(StringComparer.Ordinal)];

    /// <summary>Takes the snapshot as a build does, and returns the output of the process.</summary>
    public (int ExitCode, string Output, string Error) Take(params string[] arguments)
    {
        FinishedProcess snapshotter = FinishedProcess.Run(new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["exec", Path.Combine(AppContext.BaseDirectory, "Hyperlight.Snapshotter.dll"), Folder, .. arguments]));
        return (snapshotter.ExitCode, snapshotter.Output, snapshotter.Error);
    }

    /// <summary>Takes the snapshot with the host function of <see cref="Functions"/>.</summary>
    public void MustTake() => Assert.Equal((0, "", ""), Take("--timeout", "60", "--host-functions", Functions));

    public void Dispose() => _root.Delete(recursive: true);
}
