using System.Globalization;

namespace Hyperlight.Compiling;

/// <summary>A C compiler of this computer.</summary>
/// <param name="Program">The absolute path of the program.</param>
/// <param name="Arguments">The arguments before all others, for example <c>cc</c> for Zig.</param>
/// <param name="Family">The family.</param>
internal sealed record GuestCompiler(string Program, IReadOnlyList<string> Arguments, CompilerFamily Family)
{
    // GCC makes ELF files on Linux only.
    private static readonly string ToInstall =
        (OperatingSystem.IsLinux()
            ? "install clang and lld (on Debian and Ubuntu: apt install clang lld), gcc or zig"
            : "install LLVM with clang and lld (on Windows: winget install LLVM.LLVM, and add its folder bin to PATH) or zig")
        + ", or name a compiler in the property HyperlightCC.";

    /// <summary>Gets a text that changes when another version of the compiler is installed.</summary>
    public string Identity
    {
        get
        {
            FileInfo file = new(Program);
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return string.Create(
                CultureInfo.InvariantCulture, $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks} {string.Join(' ', Arguments)}");
        }
    }

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
            return new(zigFile, ["cc"], CompilerFamily.Zig);
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
        CompilerFamily.Zig => [.. Arguments, "-target", target.ZigTriple],
        _ => Arguments,
    };

    private static GuestCompiler? Named(string text, string searchPath)
    {
        // The whole text is a program whose path has spaces, or the first word is the program.
        string[] words = ProgramFile.Find(text, searchPath) is null ? [.. CommandWords.Split(text)] : [text];
        return words.Length > 0 && ProgramFile.Find(words[0], searchPath) is { } program
            ? new(program, words[1..], FamilyOf(text))
            : null;
    }

    private static CompilerFamily FamilyOf(string text)
    {
        string name = Path.GetFileName(text.Replace('\\', '/'));
        return name.Contains("zig", StringComparison.OrdinalIgnoreCase) ? CompilerFamily.Zig
            : name.Contains("clang", StringComparison.OrdinalIgnoreCase) ? CompilerFamily.Clang
            : CompilerFamily.Gcc;
    }
}
