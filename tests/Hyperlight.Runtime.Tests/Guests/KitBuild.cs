using System.ComponentModel;
using System.Diagnostics;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>Guests that a test compiles with the guest kit. Without a C compiler the test is skipped.</summary>
internal sealed class KitBuild : IDisposable
{
    private readonly DirectoryInfo _output = Directory.CreateTempSubdirectory("hyperlight-kit-");

    public void Dispose() => _output.Delete(recursive: true);

    /// <summary>The compilers of this machine that a guest can be built with.</summary>
    public static string[] Compilers { get; } = [.. new[] { "gcc", "clang" }.Where(IsThere)];

    /// <summary>Builds one source of <c>tests/guests/src</c>.</summary>
    /// <returns>The path of the ELF file.</returns>
    public string Build(string source, string architecture, string compiler) =>
        TryBuild(
            Path.Combine(TestRepository.Root, "tests", "guests", "src", source), architecture, compiler, out string elf, out string errors)
            ? elf
            : throw new InvalidOperationException(errors);

    /// <summary>Builds a source that a test writes, which may not build.</summary>
    public bool TryBuildText(string text, string architecture, string compiler, out string elf, out string errors, params string[] options)
    {
        string source = Path.Combine(_output.FullName, "guest.c");
        File.WriteAllText(source, text);
        return TryBuild(source, architecture, compiler, out elf, out errors, options);
    }

    private bool TryBuild(string source, string architecture, string compiler, out string elf, out string errors, params string[] options)
    {
        elf = Path.Combine(_output.FullName, $"{Path.GetFileNameWithoutExtension(source)}-{architecture}-{compiler}.elf");
        ProcessStartInfo start = new("sh", [Path.Combine(TestRepository.Root, "sdk", "guest", "build-guest.sh"), source, "--arch",
            architecture, "-o", elf, "--", .. options])
        {
            RedirectStandardError = true,
        };
        start.Environment["HYPERLIGHT_CC"] = compiler;
        using Process build = Process.Start(start)!;
        errors = build.StandardError.ReadToEnd();
        build.WaitForExit();
        return build.ExitCode == 0;
    }

    private static bool IsThere(string compiler)
    {
        try
        {
            using Process process =
                Process.Start(new ProcessStartInfo(compiler, "--version") { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
