using System.Diagnostics;
using Hyperlight.Testing;

namespace Hyperlight.Sdk.Tests;

/// <summary>The script <c>build-guest.sh</c> of the guest kit, which builds guests without MSBuild.</summary>
internal static class KitScript
{
    /// <summary>Skips the test on a machine without a compiler.</summary>
    public static void Require(string compiler)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && folders.Any(folder => File.Exists(Path.Combine(folder, compiler))),
            $"probe {compiler}: the program is not in PATH");
    }

    /// <summary>Builds the guest <c>guest/add.c</c> of a project and gets the ELF file.</summary>
    public static byte[] Build(string compiler, string architecture, SdkProject project, params string[] options)
    {
        string output = project.PathOf("script.elf");
        ProcessStartInfo start = new(
            Path.Combine(Repository.Root, "sdk", "guest", "build-guest.sh"),
            [
                project.PathOf("guest/add.c"), "--arch", architecture, "-o", output, .. options, "--", "-I",
                project.PathOf("guest/include"),
            ]);
        start.Environment["HYPERLIGHT_CC"] = compiler;
        start.Environment["LC_ALL"] = "C";
        FinishedProcess finished = FinishedProcess.Run(start);
        Assert.True(finished.ExitCode == 0, finished.Error);
        return File.ReadAllBytes(output);
    }
}
