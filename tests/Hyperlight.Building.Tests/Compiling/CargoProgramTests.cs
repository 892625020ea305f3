using Hyperlight.Compiling;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Compiling;

/// <summary>Finds cargo with its command, and quotes the words of cargo.</summary>
public sealed class CargoProgramTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    [Theory]
    [InlineData("", "There is no cargo, which builds guests in Rust: install Rust with rustup (https://rustup.rs), and run 'cargo install")]
    [InlineData("cargo-hyperlight", "There is no cargo")]
    [InlineData("cargo", "cargo' has no command hyperlight, which builds guests in Rust: run 'cargo install cargo-hyperlight'. ")]
    public void A_missing_program_is_HL4032_with_the_command_that_installs_the_program(string installed, string expected)
    {
        Install(_folder.Path, installed);

        Assert.Null(CargoProgram.Find(_folder.Path, Path.Combine(_folder.Path, "none"), "", out Finding? finding));

        Assert.Equal(Rules.GuestToolMissing, finding!.Rule);
        Assert.Contains(expected, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_of_cargo_may_lie_in_the_folder_of_cargo()
    {
        string home = Path.Combine(_folder.Path, "home");
        Install(_folder.Path, "cargo");
        Install(Path.Combine(home, "bin"), "cargo-hyperlight");

        CargoProgram? cargo = CargoProgram.Find(_folder.Path, home, "", out Finding? finding);

        Assert.Null(finding);
        Assert.Equal(Path.Combine(_folder.Path, "cargo"), cargo!.Program);
        Assert.NotEqual(cargo.Identity, (cargo with { Variables = "RUSTFLAGS=-g" }).Identity);
    }

    [Theory]
    [InlineData(
        "   Compiling adder v0.1.0\nerror: failed to parse manifest at `/g/Cargo.toml`\n\nCaused by:\n  no targets specified\n",
        "error: failed to parse manifest at `/g/Cargo.toml` Caused by: no targets specified")]
    [InlineData(
        "warning: x\nFailed to prepare sysroot\n\nCaused by:\n    This toolchain cannot build for x86_64-hyperlight-none.\n",
        "Failed to prepare sysroot Caused by: This toolchain cannot build for x86_64-hyperlight-none.")]
    [InlineData("   Compiling adder v0.1.0\n", "cargo failed with exit code 101")]
    public void The_reason_of_a_failure_is_in_the_words_of_cargo(string error, string expected) =>
        Assert.Equal(expected, new CargoProgram("cargo", "cargo-hyperlight", "", "").ReasonOf(new(101, "", error)));

    public void Dispose() => _folder.Dispose();

    private static void Install(string folder, string names)
    {
        Directory.CreateDirectory(folder);
        foreach (string name in names.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            File.WriteAllText(Path.Combine(folder, name), "");
        }
    }
}
