using System.Diagnostics;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>Compiles guests with the guest kit.</summary>
internal sealed class KitBuild : IDisposable
{
    private readonly DirectoryInfo _output = Directory.CreateTempSubdirectory("hyperlight-kit-");

    public void Dispose() => _output.Delete(recursive: true);

    /// <summary>The names of the C compilers that this machine has.</summary>
    public static string[] Compilers { get; } =
        [.. new[] { "gcc", "clang" }.Where(compiler => FinishedProcess.RunTool(compiler, "--version") is { ExitCode: 0 })];

    /// <summary>Compiles a source file of <c>tests/guests/src</c>.</summary>
    /// <returns>The path of the ELF file.</returns>
    public string Build(string source, string architecture, string compiler) =>
        TryBuild(
            Path.Combine(Repository.Root, "tests", "guests", "src", source), architecture, compiler, out string elf, out string errors)
            ? elf
            : throw new InvalidOperationException(errors);

    /// <summary>
    /// Compiles the program of <c>tests/guests/linux</c> with musl, unless the file is newer than its sources: compiling takes a minute
    /// in the lab, which sees the files of this machine.
    /// </summary>
    /// <returns>The path of the ELF file.</returns>
    public static string LinuxProgram()
    {
        Assert.SkipWhen(Compilers.Length == 0, "probe C compiler: neither gcc nor clang is there");
        string kit = Path.Combine(Repository.Root, "sdk", "guest");
        string sources = Path.Combine(Repository.Root, "tests", "guests", "linux");
        string elf = Path.Combine(AppContext.BaseDirectory, "linux-program.elf");
        DateTime newest = Directory.EnumerateFiles(kit, "*", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(sources))
            .Max(File.GetLastWriteTimeUtc);
        if (File.Exists(elf) && File.GetLastWriteTimeUtc(elf) > newest)
        {
            return elf;
        }

        FinishedProcess build = FinishedProcess.Run(
            new ProcessStartInfo("sh", [Path.Combine(kit, "build-guest.sh"), Path.Combine(sources, "program.c"),
                Path.Combine(sources, "threads.c"), "--arch", "amd64", "--libc", "musl", "-o", elf])
            {
                Environment = { ["HYPERLIGHT_CC"] = Compilers[0] },
            });
        Assert.SkipWhen(build.Error.Contains("no musl", StringComparison.Ordinal), "probe musl: " + build.Error);
        return build.ExitCode == 0 ? elf : throw new InvalidOperationException(build.Error);
    }

    /// <summary>Compiles the text of a source file.</summary>
    /// <returns>Whether the text compiled; if not, <paramref name="errors"/> has the compiler's messages.</returns>
    public bool TryBuildText(string text, string architecture, string compiler, out string elf, out string errors, params string[] options)
    {
        string source = Path.Combine(_output.FullName, "guest.c");
        File.WriteAllText(source, text);
        return TryBuild(source, architecture, compiler, out elf, out errors, options);
    }

    private bool TryBuild(string source, string architecture, string compiler, out string elf, out string errors, params string[] options)
    {
        elf = Path.Combine(_output.FullName, $"{Path.GetFileNameWithoutExtension(source)}-{architecture}-{compiler}.elf");
        string script = Path.Combine(Repository.Root, "sdk", "guest", "build-guest.sh");
        FinishedProcess build = FinishedProcess.Run(
            new ProcessStartInfo("sh", [script, source, "--arch", architecture, "-o", elf, "--", .. options])
            {
                Environment = { ["HYPERLIGHT_CC"] = compiler },
            });
        errors = build.Error;
        return build.ExitCode == 0;
    }
}
