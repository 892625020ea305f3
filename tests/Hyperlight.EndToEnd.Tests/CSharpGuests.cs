namespace Hyperlight.EndToEnd.Tests;

/// <summary>
/// Builds programs whose guests are written in C#, with no program but dotnet and the shell. Where KVM emulates guest code without SSE, the
/// programs run in the lab.
/// </summary>
internal static class CSharpGuests
{
    // The exit code of commands that neither this machine nor a lab can run.
    private const int Unavailable = 77;

    private static readonly string Lab = Path.Combine(Workspace.RepositoryRoot(), "tests", "kvm-lab");

    /// <summary>Skips the test where the package of guests in C# was not made.</summary>
    public static void Require()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the package of guests in C# is packed on Linux");
        Assert.SkipWhen(
            Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "feed"), "Hyperlight.Guest.Sdk.*.nupkg").Length == 0,
            "Hyperlight.Guest.Sdk was not packed: it needs musl-dev and a C compiler");
    }

    /// <summary>
    /// Creates a folder with the feeds of the machine. A native compiler that the machine has restored is not downloaded again.
    /// </summary>
    public static Workspace Create(PackageFolder packages, string name = "App") =>
        new Workspace(packages, name).WithFeedsOfTheMachine(CachedPacks(packages));

    /// <summary>
    /// Creates a folder that is all that a build gets as PATH: dotnet and the shell, no compiler, linker, ar or objcopy.
    /// </summary>
    public static string PathWithoutTools(Workspace workspace)
    {
        string programs = Path.Combine(workspace.Root, "programs");
        Directory.CreateDirectory(programs);
        foreach (string program in (string[])["dotnet", "sh"])
        {
            string path = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
                .Select(folder => Path.Combine(folder, program)).First(File.Exists);
            File.CreateSymbolicLink(Path.Combine(programs, program), path);
        }

        return programs;
    }

    /// <summary>
    /// Gets functions of bash. <c>dotnet</c> finds no other program. <c>start COMMAND</c> runs a command, in the lab if guests in C# cannot
    /// run here, and <c>dotnet run --project FOLDER</c> starts its program so.
    /// </summary>
    /// <param name="path">The PATH of <c>dotnet</c>.</param>
    public static string Commands(string path) => $$"""
        dotnet() {
            if [ "$1 $2" != "run --project" ]; then PATH='{{path}}' command dotnet "$@"; return; fi
            dotnet build "$3" --verbosity quiet
            start "$(dotnet msbuild "$3" -getProperty:RunCommand)"
        }
        start() {
            if "$@" 2> errors; then return; fi
            grep -q HL5008 errors || { cat errors >&2; return 1; }
            '{{Lab}}/install.sh' --check || exit {{Unavailable}}
            '{{Lab}}/run-in-vm.sh' -- "$@"
        }

        """;

    /// <summary>Skips the test if the commands need a lab that is not there.</summary>
    public static void RequireMachine(DotNetResult commands) =>
        Assert.SkipWhen(commands.ExitCode == Unavailable, commands.Error.Trim());

    // Links to the native compilers that this machine has restored, so that they are not copied. The folder has no package under test.
    private static string CachedPacks(PackageFolder packages)
    {
        string folder = Path.Combine(packages.Path, ".native-compiler");
        Directory.CreateDirectory(folder);
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string repository = Path.Combine(Workspace.RepositoryRoot(), "artifacts", "nuget");
        foreach (string cache in (string[])[Path.Combine(home, ".nuget", "packages"), repository])
        {
            foreach (string pack in (string[])["microsoft.dotnet.ilcompiler", "runtime.linux-x64.microsoft.dotnet.ilcompiler",
                "runtime.win-x64.microsoft.dotnet.ilcompiler",
                "microsoft.netcore.app.runtime.nativeaot.linux-x64", "microsoft.net.illink.tasks"])
            {
                string link = Path.Combine(folder, pack);
                if (Directory.Exists(Path.Combine(cache, pack)) && !Directory.Exists(link))
                {
                    Directory.CreateSymbolicLink(link, Path.Combine(cache, pack));
                }
            }
        }

        return folder;
    }
}
