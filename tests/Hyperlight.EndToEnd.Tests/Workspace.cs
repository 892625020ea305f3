using System.Diagnostics;
using Hyperlight.Testing;

// Tests run one after another: each builds, and builds on the same processors only slow each other down.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(Hyperlight.EndToEnd.Tests.PackageFolder))]

namespace Hyperlight.EndToEnd.Tests;

/// <summary>
/// The folder into which the builds of this run unpack packages. It is new in each run, because NuGet unpacks each version only once.
/// </summary>
public sealed class PackageFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hyperlight-packages-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A folder outside of the repository, with its own feed, package folder, SDK version and build settings.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly PackageFolder _packages;
    private int _builds;

    public Workspace(PackageFolder packages, string name = "App")
    {
        _packages = packages;
        Root = Directory.CreateTempSubdirectory("hyperlight-").FullName;
        Folder = Path.Combine(Root, name);
        Directory.CreateDirectory(Folder);
        Directory.CreateDirectory(Feed);
        WriteFeeds(
            $"""<clear /><add key="under-test" value="{Path.Combine(AppContext.BaseDirectory, "feed")}" /><add key="own" """
                + $"""value="{Feed}" />""");
        File.WriteAllText(Path.Combine(Root, "global.json"), "{}");
        foreach (string file in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
        {
            File.WriteAllText(Path.Combine(Root, file), "<Project />");
        }
    }

    /// <summary>The folder whose settings separate the build from the machine.</summary>
    public string Root { get; }

    /// <summary>The feed for packages that tests pack.</summary>
    public string Feed => Path.Combine(Root, "feed");

    /// <summary>The folder of the project, in which commands run.</summary>
    public string Folder { get; }

    /// <summary>Gets or sets the folders in which builds find programs; <c>null</c> for those of the machine.</summary>
    public string? SearchPath { get; set; }

    /// <summary>Creates a project with the package's SDK, the guest of the sample Hello, and a program.</summary>
    public static Workspace WithHello(PackageFolder packages, string body = "", string? program = "return 0;", string name = "App")
    {
        Workspace workspace = new(packages, name);
        workspace.Write("App.csproj", $"""<Project Sdk="Hyperlight.Sdk/0.1.0">{body}</Project>""");
        workspace.AddHello();
        if (program is not null)
        {
            workspace.Write("Program.cs", program);
        }

        return workspace;
    }

    /// <summary>Adds the feeds of the machine, because a publish for a platform downloads packages.</summary>
    /// <param name="fallback">A folder of unpacked packages that are not downloaded; empty for none.</param>
    public Workspace WithFeedsOfTheMachine(string fallback = "")
    {
        WriteFeeds($"""<add key="under-test" value="{Path.Combine(AppContext.BaseDirectory, "feed")}" />""", fallback);
        return this;
    }

    /// <summary>Removes all feeds, so that a project has only the feeds that it names itself.</summary>
    public void ForgetFeeds() => WriteFeeds("<clear />");

    public void AddHello() => AddGuest("samples/Hello/guests/hello.elf");

    /// <summary>Copies a guest of the repository into the folder <c>guests</c>.</summary>
    public void AddGuest(string path) => AddGuest(path, "guests/" + Path.GetFileName(path));

    /// <summary>Copies a guest of the repository to the given path.</summary>
    public void AddGuest(string path, string file) => Write(file, File.ReadAllBytes(Path.Combine(RepositoryRoot(), path)));

    /// <summary>Copies the files of a sample, without build output.</summary>
    public Workspace AddSample(string name)
    {
        string sample = Path.Combine(RepositoryRoot(), "samples", name);
        foreach (string file in Directory.EnumerateFiles(sample, "*", SearchOption.AllDirectories).Select(
            path => Path.GetRelativePath(sample, path)))
        {
            if (!file.Split(Path.DirectorySeparatorChar).Any(folder => folder is "bin" or "obj"))
            {
                Write(file, File.ReadAllBytes(Path.Combine(sample, file)));
            }
        }

        return this;
    }

    public string PathOf(string file) => Path.Combine(Folder, file);

    public string Read(string file) => File.ReadAllText(PathOf(file));

    public void Write(string file, string text) => Write(file, System.Text.Encoding.UTF8.GetBytes(text));

    public void Write(string file, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
        File.WriteAllBytes(PathOf(file), bytes);
    }

    /// <summary>Gets the absolute path of an image's folder, whose name contains the digest of the image's content.</summary>
    public string PathOfImage(string folder) => ImageFolders.Find(PathOf(folder));

    /// <summary>Gets the files below a folder: relative paths, sorted.</summary>
    public string[] FilesBelow(string folder) =>
        Directory.Exists(PathOfImage(folder))
            ? [.. Directory.EnumerateFiles(PathOfImage(folder), "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(PathOfImage(folder), file).Replace('\\', '/')).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>Runs a <c>dotnet</c> command that builds, and reads the binary log.</summary>
    public DotNetResult Build(params string[] arguments)
    {
        string log = Path.Combine(Root, $"build{++_builds}.binlog");
        return Run("dotnet", [.. arguments, "-bl:" + log, "-nodeReuse:false", "--tl:off"]) with { Log = new(log) };
    }

    /// <summary>Runs a <c>dotnet</c> command in the project's folder.</summary>
    public DotNetResult DotNet(params string[] arguments) => Run("dotnet", arguments);

    /// <summary>Runs a program in the project's folder.</summary>
    public DotNetResult Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = Folder };

        // Variables that the test host sets for itself would change the build.
        string[] inherited = [.. start.Environment.Keys.Where(key =>
            key.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || key.StartsWith("VSTEST", StringComparison.Ordinal))];
        foreach (string key in (string[])[.. inherited, "NUGET_PACKAGES", "Configuration", "Platform"])
        {
            start.Environment.Remove(key);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["PATH"] = SearchPath ?? start.Environment["PATH"];
        FinishedProcess finished = FinishedProcess.Run(start);
        return new(finished.ExitCode, finished.Output, finished.Error);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private void WriteFeeds(string sources, string fallback = "") => File.WriteAllText(Path.Combine(Root, "nuget.config"), $"""
        <configuration>
          <config><add key="globalPackagesFolder" value="{_packages.Path}" /></config>
          <fallbackPackageFolders>{(fallback.Length > 0 ? $"""<add key="cache" value="{fallback}" />""" : "")}</fallbackPackageFolders>
          <packageSources>{sources}</packageSources>
        </configuration>
        """);

    /// <summary>Gets the root folder of the repository.</summary>
    public static string RepositoryRoot() => Path.TrimEndingDirectorySeparator(Repository.Root);
}
