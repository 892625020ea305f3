namespace Hyperlight.Compiling;

/// <summary>Makes the commands that compile and link guests with the guest kit.</summary>
/// <param name="compiler">The compiler.</param>
/// <param name="kit">The absolute path of the guest kit.</param>
/// <param name="choices">What the project chooses for all its guests.</param>
internal sealed class GuestCommands(GuestCompiler compiler, string kit, CompileChoices choices)
{
    // An object that is linked without debug information is the object that a compiler makes without it. So all objects have it, and an
    // error of the linker can name a line. Version 4 is the last version that all readers know.
    private static readonly string[] Always = ["-g", "-gdwarf-4", "-fdiagnostics-color=never"];

    // A function that is inlined, or entered by a jump, has no name in a backtrace.
    private static readonly string[] ForDebuggers = ["-Og", "-fno-inline", "-fno-optimize-sibling-calls"];

    private static readonly string[] OfLink =
    [
        "--gc-sections", "--build-id=none", "--hash-style=sysv", "-znoexecstack", "-znorelro", "-zmax-page-size=4096", "--no-undefined",
    ];

    /// <summary>Makes the step that compiles a source of the kit, which never uses registers for floating point.</summary>
    public BuildStep CompileKit(GuestTarget target, string source, string output) =>
        Compile(target, source, output, [.. KitOptions(target, target.Cpu, usesFloat: false)]);

    /// <summary>Makes the step that compiles a source of a guest.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="source">The source.</param>
    /// <param name="output">The path of the object.</param>
    /// <param name="compilerHeaders">The folder with the headers of the compiler, for a guest with a C library.</param>
    public BuildStep Compile(GuestPlan guest, GuestSource source, string output, string compilerHeaders) =>
        Compile(
            guest.Target,
            source.Path,
            output,
            [
                .. guest.Libc is { } libc
                    ? [.. KitOptions(guest.Target, "amd64-linux", usesFloat: true), .. Headers(libc, compilerHeaders)]
                    : KitOptions(guest.Target, guest.Target.Cpu, guest.UsesFloat),
                choices.WarningsAreErrors ? "-Werror" : "-Wno-error",
                .. choices.Optimize ? [] : ForDebuggers,
                .. source.Options,
            ]);

    /// <summary>Makes the step that links a guest.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="objects">The objects of the kit and of the guest, in order.</param>
    /// <param name="output">The path of the ELF file.</param>
    /// <param name="strips">Whether the file has no debug information.</param>
    /// <param name="builtins">
    /// The library of the compiler with functions that compiled code calls, for a guest with a C library; <c>null</c> if there is none.
    /// </param>
    public BuildStep Link(GuestPlan guest, IReadOnlyList<string> objects, string output, bool strips, string? builtins)
    {
        string script = guest.LinkerScript
            ?? Path.Combine(kit, guest.Libc is null ? $"{guest.Target.Name}.ld" : "amd64-linux.ld");
        string[] libraries = guest.Libc is { } libc ? [libc.Archive, .. builtins is null ? [] : (string[])[builtins]] : [];
        return new()
        {
            Output = output,
            Subject = guest.Output,
            Inputs = [.. objects, script, .. libraries],
            Arguments =
            [
                .. compiler.Family == CompilerFamily.Zig
                    ? compiler.LinkerFor(guest.Target)
                    : [
                        .. compiler.ArgumentsFor(guest.Target), ResponseFile(guest.Target.Cpu), "-nostdlib", .. guest.Target.LinkOptions,
                        .. Linker(guest),
                    ],
                "-T", script, .. ForLinker([.. OfLink, .. strips ? ["--strip-debug"] : (string[])[]]), .. objects,
                .. libraries.Length > 0
                    ? [.. ForLinker(["--no-eh-frame-hdr", "--start-group"]), .. libraries, .. ForLinker(["--end-group"])]
                    : (string[])[],
                "-o", output,
            ],
        };
    }

    private IEnumerable<string> KitOptions(GuestTarget target, string name, bool usesFloat) =>
        [ResponseFile(name), .. compiler.ProcessorOptions(target, usesFloat)];

    // Zig has headers of its own for the target, and they are not where it says.
    private string[] Headers(MuslLibrary libc, string compilerHeaders) => compiler.Family == CompilerFamily.Zig
        ? ["-isystem", libc.Headers]
        : ["-nostdinc", "-isystem", libc.Headers, "-isystem", compilerHeaders];

    // LLD wants a program header for thread-local variables, which a guest with a C library does not have.
    private IEnumerable<string> Linker(GuestPlan guest) =>
        compiler.Family != CompilerFamily.Clang ? []
        : guest.Libc is not null && choices.HasGnuLinker ? ["-fuse-ld=bfd"]
        : ["-fuse-ld=lld"];

    private IEnumerable<string> ForLinker(IEnumerable<string> options) =>
        compiler.Family == CompilerFamily.Zig ? options : options.Select(option => "-Wl," + option);

    private BuildStep Compile(GuestTarget target, string source, string output, IEnumerable<string> options) => new()
    {
        Output = output,
        Subject = source,
        Arguments =
        [
            .. compiler.ArgumentsFor(target), .. target.CompileOptions, "-I", Path.Combine(kit, "include"),
            $"-fmacro-prefix-map={kit}=hyperlight", $"-fmacro-prefix-map={Path.GetDirectoryName(source)}=.", .. options, .. Always,
            "-MD", "-MT", DependencyFile.Target, "-MF", output + ".d", "-c", source, "-o", output,
        ],
    };

    private string ResponseFile(string name) => "@" + Path.Combine(kit, name + ".rsp");
}
