using Hyperlight.Files;
using Hyperlight.Processes;

namespace Hyperlight.Compiling;

/// <summary>The program cargo of this computer, with its command <c>cargo hyperlight</c>.</summary>
/// <param name="Program">The absolute path of cargo.</param>
/// <param name="Command">The absolute path of the program behind <c>cargo hyperlight</c>.</param>
/// <param name="SearchPath">The folders in which cargo looks for its commands, compilers and linkers.</param>
/// <param name="Variables">The values of variables of the environment on which the result depends.</param>
internal sealed record CargoProgram(string Program, string Command, string SearchPath, string Variables) : BuildTool(Program, [])
{
    private const string CommandName = "cargo-hyperlight";
    private const string LockFile = "Cargo.lock";

    /// <summary>The option of cargo that names the folder for all that is built.</summary>
    public const string TargetFolder = "--target-dir";

    private const string ToInstall = "run 'cargo install cargo-hyperlight'. Guests are built with Rust 1.89 to 1.94, or nightly.";

    /// <inheritdoc/>
    public override string Identity => $"{base.Identity} {IdentityOf(Command)} {Variables}";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, string Value)> Environment =>
        [.. base.Environment, ("PATH", SearchPath), ("CARGO_TERM_COLOR", "never")];

    /// <inheritdoc/>
    public override int MaxText => 8 * 1024 * 1024;

    /// <summary>Finds cargo and its command.</summary>
    /// <param name="searchPath">The folders with programs, as in the environment variable PATH.</param>
    /// <param name="home">The folder of cargo, whose folder <c>bin</c> has commands.</param>
    /// <param name="variables">The values of variables of the environment on which the result depends.</param>
    /// <param name="finding">The finding that says what to install, if something is missing.</param>
    public static CargoProgram? Find(string searchPath, string home, string variables, out Finding? finding)
    {
        string? cargo = ProgramFile.Find("cargo", searchPath);
        string folders = $"{searchPath}{Path.PathSeparator}{Path.Combine(home, "bin")}";
        string? command = ProgramFile.Find(CommandName, folders);
        finding = (cargo, command) switch
        {
            (null, _) => Rules.GuestToolMissing.FoundText(
                $"There is no cargo, which builds guests in Rust: install Rust with rustup (https://rustup.rs), and {ToInstall}"),
            (_, null) => Rules.GuestToolMissing.FoundText($"'{cargo}' has no command hyperlight, which builds guests in Rust: {ToInstall}"),
            _ => null,
        };
        return finding is null ? new(cargo!, command!, folders, variables) : null;
    }

    /// <summary>
    /// Gets whether a crate would be built in a folder whose path has a space. The command writes that path into a list of options that
    /// spaces separate.
    /// </summary>
    public static bool HasSpace(CratePlan crate) => crate.ObjectFolder.Contains(' ', StringComparison.Ordinal)
        && !crate.Options.Any(option => option.StartsWith(TargetFolder, StringComparison.Ordinal));

    /// <summary>Makes the step that builds a crate. The output has debug information.</summary>
    /// <param name="crate">The guest.</param>
    /// <param name="choices">What the project chooses for all its guests.</param>
    public static BuildStep Build(CratePlan crate, CompileChoices choices)
    {
        string folder = Path.GetDirectoryName(crate.Manifest)!;
        return new()
        {
            Output = crate.SymbolFile,
            Subject = crate.Manifest,
            Folder = folder,
            Inputs = [crate.Manifest, .. FilesAbove(folder)],
            // Without a target the command takes that of the settings of cargo, or the processor of this computer.
            Arguments =
            [
                "hyperlight", "build", "--message-format=json", "--manifest-path", crate.Manifest, TargetFolder, crate.ObjectFolder,
                "--target", "x86_64-hyperlight-none",
                "--profile", crate.Profile.Length > 0 ? crate.Profile : choices.Optimize ? "release" : "dev",
                .. crate.Features.Count > 0 ? ["--features", string.Join(',', crate.Features)] : (string[])[],
                .. crate.Options,
            ],
        };
    }

    /// <inheritdoc/>
    public override string TextOf(ChildProcess process) =>
        $"{CargoErrors.WithoutCommandLines(process.Error)}\n{CargoOutput.Read(process.Output).Text}";

    /// <inheritdoc/>
    public override IReadOnlyList<CompilerMessage> Parse(string text) => CargoOutput.Read(text).Messages;

    /// <inheritdoc/>
    public override string ReasonOf(ChildProcess process) =>
        CargoErrors.ReasonIn(process.Error) is { Length: > 0 } reason ? reason : $"cargo failed with exit code {process.ExitCode}";

    /// <summary>Copies the program that cargo has built.</summary>
    public override IReadOnlyList<string> Complete(BuildStep step, ChildProcess process, out Finding? finding)
    {
        CargoOutput output = CargoOutput.Read(process.Output);
        finding = output.Executables switch
        {
            [var one] when File.Exists(one) => null,
            [] or [_] => Rules.CrateWithoutProgram.FoundText(
                $"cargo has built no program of '{step.Subject}': a guest is a crate with src/main.rs, or with [[bin]] in its Cargo.toml."),
            _ => Rules.CrateWithoutProgram.FoundText(
                $"cargo has built {output.Executables.Count} programs of '{step.Subject}', and a guest is one: write --bin and the name "
                + "of the program in Options."),
        };
        if (finding is not null)
        {
            return [];
        }

        string executable = output.Executables[0];
        File.Copy(executable, step.Output + ".tmp", overwrite: true);
        FileChange.Replace(step.Output + ".tmp", step.Output);
        return [.. step.Inputs, .. FilesAbove(step.Folder!, LockFile), .. output.Manifests, .. ReadDependencies(executable)];
    }

    /// <summary>Gets whether cargo writes a file: its lock file, and all that it builds.</summary>
    public override bool Writes(BuildStep step, string file) =>
        Path.GetFileName(file) == LockFile
        || file.StartsWith(Path.ChangeExtension(step.Output, null) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    // Cargo writes the dependency file of a program beside the program. Without it each build asks cargo.
    private static IEnumerable<string> ReadDependencies(string executable)
    {
        string path = Path.ChangeExtension(executable, ".d");
        if (!File.Exists(path))
        {
            return [path];
        }

        // The path of the program may have colons.
        string text = File.ReadAllText(path);
        string target = executable.Replace(" ", @"\ ", StringComparison.Ordinal);
        return DependencyFile.Parse(
            text.StartsWith(target, StringComparison.Ordinal) ? DependencyFile.Target + text[target.Length..] : text);
    }

    // The files in a folder and the folders above it from which cargo and rustup take settings.
    private static IEnumerable<string> FilesAbove(string folder) =>
        FilesAbove(folder, "Cargo.toml", "rust-toolchain.toml", "rust-toolchain", Path.Combine(".cargo", "config.toml"));

    private static IEnumerable<string> FilesAbove(string folder, params string[] names)
    {
        for (string? above = folder; above is not null; above = Path.GetDirectoryName(above))
        {
            foreach (string name in names.Where(name => File.Exists(Path.Combine(above, name))))
            {
                yield return Path.Combine(above, name);
            }
        }
    }
}
