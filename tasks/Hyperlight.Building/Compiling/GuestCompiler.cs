using Hyperlight.Files;
using Hyperlight.Processes;

namespace Hyperlight.Compiling;

/// <summary>A C compiler of this computer.</summary>
/// <param name="Program">The absolute path of the program.</param>
/// <param name="Arguments">The arguments before all others, for example <c>cc</c> for Zig.</param>
/// <param name="Family">The family.</param>
internal sealed record GuestCompiler(string Program, IReadOnlyList<string> Arguments, CompilerFamily Family)
    : BuildTool(Program, Arguments)
{
    // GCC makes ELF files on Linux only.
    private static readonly string ToInstall =
        (OperatingSystem.IsLinux()
            ? "install clang and lld (on Debian and Ubuntu: apt install clang lld), gcc or zig"
            : "install LLVM with clang and lld (on Windows: winget install LLVM.LLVM, and add its folder bin to PATH) or zig")
        + ", or name a compiler in the property HyperlightCC.";

    // The program zig is a C compiler with this word.
    private const string ZigCompiler = "cc";

    /// <summary>Finds the compiler to use.</summary>
    /// <param name="configured">
    /// The compiler that the project names, with its first arguments: a path, or a name in <paramref name="searchPath"/>. Empty for the
    /// first of clang with lld, gcc and Zig.
    /// </param>
    /// <param name="zig">The path of Zig; empty for the one in <paramref name="searchPath"/>.</param>
    /// <param name="searchPath">The folders with programs, as in the environment variable PATH.</param>
    /// <param name="finding">The finding that says what to install, if there is no compiler.</param>
    /// <returns>The compiler; <c>null</c> if there is none.</returns>
    public static GuestCompiler? Find(string configured, string zig, string searchPath, out Finding? finding)
    {
        finding = null;
        if (configured.Length > 0)
        {
            GuestCompiler? compiler = Named(configured, searchPath);
            finding = compiler is null
                ? Rules.GuestToolMissing.FoundText(
                    $"HyperlightCC is '{configured}', and there is no such program: correct it, or {ToInstall}")
                : null;
            return compiler;
        }

        if (ProgramFile.Find("clang", searchPath) is { } clang && ProgramFile.Find("ld.lld", searchPath) is not null)
        {
            return new(clang, [], CompilerFamily.Clang);
        }

        if (OperatingSystem.IsLinux() && ProgramFile.Find("gcc", searchPath) is { } gcc)
        {
            return new(gcc, [], CompilerFamily.Gcc);
        }

        if (ProgramFile.Find(zig.Length > 0 ? zig : "zig", searchPath) is { } zigFile)
        {
            return new(zigFile, [ZigCompiler], CompilerFamily.Zig);
        }

        string found = ProgramFile.Find("clang", searchPath) is { } lonely
            ? $"'{lonely}' has no linker"
            : "There is no C compiler for guests";
        finding = Rules.GuestToolMissing.FoundText($"{found}: {ToInstall}");
        return null;
    }

    /// <summary>Gets the arguments that name the target, and others that every command of the compiler has.</summary>
    public IEnumerable<string> ArgumentsFor(GuestTarget target) => Family switch
    {
        CompilerFamily.Clang => [.. Arguments, $"--target={target.ClangTriple}", "-Wno-unused-command-line-argument"],
        // Zig checks for undefined behavior in code that is not optimized, if it is not told otherwise.
        CompilerFamily.Zig => [.. Arguments, "-target", target.ZigTriple, "-fno-sanitize=undefined"],
        _ => Arguments,
    };

    /// <summary>
    /// Gets the options for a processor, which come behind those of the guest kit. Zig has names of its own for processors, and uses all
    /// registers of the processor that is named.
    /// </summary>
    /// <param name="target">The target.</param>
    /// <param name="usesFloat">Whether the code may use registers for floating point.</param>
    public IEnumerable<string> ProcessorOptions(GuestTarget target, bool usesFloat) => (Family, usesFloat) switch
    {
        (CompilerFamily.Zig, true) => [$"-march={target.ZigCpu}"],
        (CompilerFamily.Zig, false) => [$"-march={target.ZigCpu}{target.ZigNoFloat}"],
        (_, true) => [],
        (_, false) => ["-mgeneral-regs-only"],
    };

    /// <summary>
    /// Gets the arguments that run the linker of Zig. As a compiler Zig would link functions for floating point that do not fit the code of
    /// guests.
    /// </summary>
    public IEnumerable<string> LinkerFor(GuestTarget target) =>
        [.. Arguments.TakeWhile(argument => argument != ZigCompiler), "ld.lld", .. target.ZigLinkOptions];

    /// <inheritdoc/>
    public override string TextOf(ChildProcess process) => process.Error + process.Output;

    /// <inheritdoc/>
    public override IReadOnlyList<CompilerMessage> Parse(string text) => CompilerOutput.Parse(text);

    /// <inheritdoc/>
    public override string ReasonOf(ChildProcess process)
    {
        string[] lines = [.. process.Error.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).TakeLast(2)];
        return lines.Length > 0 ? string.Join(" ", lines) : $"the compiler failed with exit code {process.ExitCode}";
    }

    /// <summary>Reads the dependency file, which the compiler writes for a source. The inputs of a linker are known.</summary>
    public override IReadOnlyList<string> Complete(BuildStep step, ChildProcess process, out Finding? finding)
    {
        finding = null;
        if (step.Inputs.Count > 0)
        {
            return step.Inputs;
        }

        IReadOnlyList<string> files = DependencyFile.Parse(File.ReadAllText(step.DependencyFile));
        FileChange.Delete(step.DependencyFile);
        return files;
    }

    private static GuestCompiler? Named(string text, string searchPath)
    {
        // The whole text is a program whose path has spaces, or the first word is the program.
        string[] words = ProgramFile.Find(text, searchPath) is null ? [.. CommandWords.Split(text)] : [text];
        if (words.Length == 0 || ProgramFile.Find(words[0], searchPath) is not { } program)
        {
            return null;
        }

        CompilerFamily family = FamilyOf(text);
        return new(program, family == CompilerFamily.Zig && words.Length == 1 ? [ZigCompiler] : words[1..], family);
    }

    private static CompilerFamily FamilyOf(string text)
    {
        string name = Path.GetFileName(text.Replace('\\', '/'));
        return name.Contains("zig", StringComparison.OrdinalIgnoreCase) ? CompilerFamily.Zig
            : name.Contains("clang", StringComparison.OrdinalIgnoreCase) ? CompilerFamily.Clang
            : CompilerFamily.Gcc;
    }
}
