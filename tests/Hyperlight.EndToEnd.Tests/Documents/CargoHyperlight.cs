using Hyperlight.Testing;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>
/// The command <c>cargo hyperlight</c>, or a command that stands in for it where it is not installed: cargo of this machine, the guest kit,
/// and crates that stand in for those of upstream.
/// </summary>
internal static class CargoHyperlight
{
    /// <summary>Skips the test where Rust is not installed.</summary>
    public static void Require() =>
        Assert.SkipUnless(OperatingSystem.IsLinux() && Find("cargo") is not null && Find("rustc") is not null && Find("clang") is not null,
            "probe cargo: Rust or clang is not installed");

    /// <summary>Gets commands of bash after which <c>cargo hyperlight</c> is found.</summary>
    public static string Commands()
    {
        Require();
        if (Find("cargo-hyperlight") is not null)
        {
            return "";
        }

        // Without rustup, which would download the version of Rust that a crate names.
        string root = Workspace.RepositoryRoot();
        string toolchain = FinishedProcess.RunTool("rustc", "--print", "sysroot")!.Output.Trim();
        return $"""
            export PATH='{root}/tests/guests/rust':'{toolchain}/bin':"$PATH" HYPERLIGHT_KIT='{root}/sdk/guest'

            """;
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
