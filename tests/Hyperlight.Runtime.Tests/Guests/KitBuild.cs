using System.Diagnostics;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>Compiles guests with the guest kit.</summary>
internal sealed class KitBuild : IDisposable
{
    private static readonly string Kit = Path.Combine(Repository.Root, "sdk", "guest");
    private static readonly string Script = Path.Combine(Kit, "build-guest.sh");
    private static readonly string Sources = Path.Combine(Repository.Root, "tests", "guests");

    private readonly DirectoryInfo _output = Directory.CreateTempSubdirectory("hyperlight-kit-");

    public void Dispose() => _output.Delete(recursive: true);

    /// <summary>The names of the C compilers that this machine has.</summary>
    public static string[] Compilers { get; } =
        [.. new[] { "gcc", "clang", "zig" }.Where(
            compiler => FinishedProcess.RunTool(compiler, compiler == "zig" ? "version" : "--version") is { ExitCode: 0 })];

    /// <summary>Compiles a source file of <c>tests/guests/src</c>.</summary>
    /// <returns>The path of the ELF file.</returns>
    public string Build(string source, string architecture, string compiler) =>
        TryBuild(
            Path.Combine(Sources, "src", source), architecture, compiler, out string elf, out string errors)
            ? elf
            : throw new InvalidOperationException(errors);

    /// <summary>Compiles the program of <c>tests/guests/linux</c> with musl.</summary>
    /// <returns>The path of the ELF file.</returns>
    public static string LinuxProgram() => Keep(
        "linux-program", Directory.GetFiles(Path.Combine(Sources, "linux"), "*.c"), "--arch", "amd64", "--libc", "musl");

    /// <summary>Compiles the system calls of <c>tests/guests/linux</c> to a program for this machine.</summary>
    /// <returns>The path of the program.</returns>
    public static string NativeLinuxProgram()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the program runs on Linux");
        string folder = Path.Combine(Sources, "linux");
        string[] sources = [.. Directory.GetFiles(folder, "calls*.c"), Path.Combine(folder, "native", "main.c")];
        return Keep("linux-native", sources, (output, inputs) => new(Compilers[0], ["-O2", .. inputs, "-o", output]));
    }

    /// <summary>Compiles <c>tests/guests/src/services.c</c>.</summary>
    /// <returns>The path of the ELF file.</returns>
    public static string Services(string architecture) =>
        Keep($"services-{architecture}", [Path.Combine(Sources, "src", "services.c")], "--arch", architecture);

    /// <summary>Compiles <c>tests/guests/src/heap.c</c>, which uses the declarations that the files of the kit share.</summary>
    /// <returns>The path of the ELF file.</returns>
    public static string Heap(string architecture, bool hasFront = true) => Keep(
        $"heap-{architecture}-{hasFront}",
        [Path.Combine(Sources, "src", "heap.c")],
        ["--arch", architecture, "--", "-I", Path.Combine(Kit, "src"), .. (hasFront ? [] : (string[])["-DLOW"])]);

    /// <summary>Compiles the text of a source file.</summary>
    /// <returns>Whether the text compiled; if not, <paramref name="errors"/> has the compiler's messages.</returns>
    public bool TryBuildText(string text, string architecture, string compiler, out string elf, out string errors, params string[] options)
    {
        string source = Path.Combine(_output.FullName, "guest.c");
        File.WriteAllText(source, text);
        return TryBuild(source, architecture, compiler, out elf, out errors, options);
    }

    private static string Keep(string name, string[] sources, params string[] options) =>
        Keep(name + ".elf", sources, (output, inputs) => new("sh", [Script, .. inputs, "-o", output, .. options])
        {
            Environment = { ["HYPERLIGHT_CC"] = Compilers[0] },
        });

    /// <summary>
    /// Compiles to a file beside the tests, unless that file is newer than the sources: compiling takes a minute in the lab, which sees the
    /// files of this machine.
    /// </summary>
    private static string Keep(string name, string[] sources, Func<string, string[], ProcessStartInfo> compile)
    {
        Assert.SkipWhen(Compilers.Length == 0, "probe C compiler: neither gcc nor clang is there");
        string output = Path.Combine(AppContext.BaseDirectory, name);
        DateTime newest = Directory.EnumerateFiles(Kit, "*", SearchOption.AllDirectories).Concat(sources).Max(File.GetLastWriteTimeUtc);
        if (File.Exists(output) && File.GetLastWriteTimeUtc(output) > newest)
        {
            return output;
        }

        FinishedProcess build = FinishedProcess.Run(compile(output, [.. sources.Order(StringComparer.Ordinal)]));
        Assert.SkipWhen(build.Error.Contains("no musl", StringComparison.Ordinal), "probe musl: " + build.Error);
        return build.ExitCode == 0 ? output : throw new InvalidOperationException(build.Error);
    }

    private bool TryBuild(string source, string architecture, string compiler, out string elf, out string errors, params string[] options)
    {
        elf = Path.Combine(_output.FullName, $"{Path.GetFileNameWithoutExtension(source)}-{architecture}-{compiler}.elf");
        FinishedProcess build = FinishedProcess.Run(
            new ProcessStartInfo("sh", [Script, source, "--arch", architecture, "-o", elf, "--", .. options])
            {
                Environment = { ["HYPERLIGHT_CC"] = compiler },
            });
        errors = build.Error;
        return build.ExitCode == 0;
    }
}
