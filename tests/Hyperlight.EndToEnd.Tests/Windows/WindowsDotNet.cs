using System.Diagnostics;
using Hyperlight.Testing;

namespace Hyperlight.EndToEnd.Tests.Windows;

/// <summary>
/// A .NET SDK for Windows that runs in Wine: the runtime from its package, and the SDK of this machine without its machine code for Linux.
/// </summary>
public sealed class WindowsDotNet : IDisposable
{
    private const string Scripts = "tests/wine";

    // Debian's libwine-dev, which install.sh installs.
    private const string ImportLibraries = "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows";

    private readonly Workspace _workspace;

    public WindowsDotNet(PackageFolder packages)
    {
        _workspace = new(packages);
        if (Missing is null)
        {
            AddRuntime(packages);
            AddSdk();
            AddHost();
        }
    }

    /// <summary>Gets what this machine lacks; <c>null</c> if it has everything.</summary>
    public static string? Missing { get; } =
        FinishedProcess.RunTool(Script("install.sh"), "--check") is not { ExitCode: 0 }
            ? "Wine is missing; tests/wine/install.sh installs it"
        : FinishedProcess.RunTool("clang", "--version") is null || FinishedProcess.RunTool("lld-link", "--version") is null
            ? "clang or lld is missing on this machine"
        : null;

    private string Root => _workspace.PathOf("dotnet");

    /// <summary>Gets the path by which a program in Wine finds a file.</summary>
    public static string PathInWine(string path) => "Z:" + path.Replace('/', '\\');

    /// <summary>Restores and builds a project.</summary>
    /// <param name="project">The project.</param>
    /// <param name="arguments">More arguments for MSBuild.</param>
    public FinishedProcess Build(string project, params string[] arguments)
    {
        // In the SDK for Windows the packs of all frameworks and the data for pruning packages are files beside the SDK.
        string[] all =
        [
            "--timeout", "200", Path.Combine(Root, "dotnet.exe"), "exec", PathInWine(Path.Combine(Sdk, "MSBuild.dll")), PathInWine(project),
            "-restore", "-nologo", "-maxCpuCount:1", "-nodeReuse:false", "-property:UseSharedCompilation=false;UseAppHost=false",
            "-property:NETCoreSdkRuntimeIdentifier=win-x64;NETCoreSdkPortableRuntimeIdentifier=win-x64",
            "-property:AllowMissingPrunePackageData=true;DisableTransitiveFrameworkReferenceDownloads=true", .. arguments,
        ];
        ProcessStartInfo start = new(Script("run.sh"), all) { WorkingDirectory = Path.GetDirectoryName(project) };
        foreach (string key in start.Environment.Keys.Where(IsOfThisBuild).ToArray())
        {
            start.Environment.Remove(key);
        }

        start.Environment["DOTNET_HOST_PATH"] = PathInWine(Path.Combine(Root, "dotnet.exe"));
        start.Environment["DOTNET_ROOT"] = PathInWine(Root);
        start.Environment["DOTNET_NUGET_SIGNATURE_VERIFICATION"] = "false";
        return FinishedProcess.Run(start);
    }

    public void Dispose() => _workspace.Dispose();

    // The SDK that runs the tests.
    private static string SdkOfMachine { get; } = FindSdk();

    private string Sdk => Path.Combine(Root, "sdk", Path.GetFileName(SdkOfMachine));

    private static bool IsOfThisBuild(string key) =>
        key.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || key.StartsWith("DOTNET_", StringComparison.Ordinal)
            || key.StartsWith("NUGET_", StringComparison.Ordinal);

    private static string Script(string name) => Path.Combine(Repository.Root, Scripts, name);

    private static string FindSdk()
    {
        const string Label = "Base Path:";
        string list = FinishedProcess.Run(new("dotnet", ["--info"])).Output;
        string line = list.Split('\n').Select(line => line.Trim()).First(line => line.StartsWith(Label, StringComparison.Ordinal));
        return Path.TrimEndingDirectorySeparator(line[Label.Length..].Trim());
    }

    // The restore of a project that is published with its runtime downloads the package of the runtime.
    private void AddRuntime(PackageFolder packages)
    {
        const string Name = "Microsoft.NETCore.App";
        _workspace.WithFeedsOfTheMachine();
        _workspace.Write("Runtime.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <RuntimeIdentifier>win-x64</RuntimeIdentifier>
                <SelfContained>true</SelfContained>
                <OutputType>Exe</OutputType>
              </PropertyGroup>
            </Project>
            """);
        _workspace.Build("restore").MustSucceed();
        string package = Directory.GetDirectories(Path.Combine(packages.Path, $"{Name}.Runtime.win-x64".ToLowerInvariant())).Single();
        string folder = Path.Combine(Root, "shared", Name, Path.GetFileName(package));
        string files = Path.Combine(package, "runtimes", "win-x64");
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(files, "*", SearchOption.AllDirectories))
        {
            File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(file)), file);
        }

        File.CreateSymbolicLink(Path.Combine(Root, "hostfxr.dll"), Path.Combine(folder, "hostfxr.dll"));
    }

    private void AddSdk()
    {
        foreach (string file in Directory.EnumerateFiles(SdkOfMachine, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(Sdk, Path.GetRelativePath(SdkOfMachine, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (Path.GetExtension(file) == ".dll" && LinuxAssembly.WithoutMachineCode(file) is { } assembly)
            {
                File.WriteAllBytes(target, assembly);
            }
            else
            {
                File.CreateSymbolicLink(target, file);
            }
        }

        string packs = Path.Combine(SdkOfMachine, "..", "..", "packs");
        Directory.CreateSymbolicLink(Path.Combine(Root, "packs"), Path.GetFullPath(packs));
    }

    private void AddHost()
    {
        string root = PathInWine(Root).Replace(@"\", @"\\", StringComparison.Ordinal);
        string[] compile =
        [
            "--target=x86_64-pc-windows-msvc", "-O1", "-fshort-wchar", "-ffreestanding", $"-DROOT=L\"{root}\"", "-c",
            Path.Combine(Repository.Root, "tests/Hyperlight.EndToEnd.Tests/Windows/host.c"), "-o", "host.obj",
        ];
        Run("clang", compile);
        Run(
            "lld-link", "-entry:start", "-subsystem:console", "-nodefaultlib", "-out:dotnet/dotnet.exe", "host.obj",
            Path.Combine(ImportLibraries, "libkernel32.a"), Path.Combine(ImportLibraries, "libshell32.a"));
    }

    private void Run(string program, params string[] arguments) => _workspace.Run(program, arguments).MustSucceed();
}
