namespace Hyperlight.Compiling;

/// <summary>The settings of a project or a computer for all guests of a build.</summary>
internal sealed record CompileChoices
{
    /// <summary>Gets whether the sources of guests are optimized for speed. Otherwise a debugger can follow them better.</summary>
    public bool Optimize { get; init; }

    /// <summary>Gets whether a warning of the compiler is an error.</summary>
    public bool WarningsAreErrors { get; init; }

    /// <summary>Gets whether the computer has GNU ld.</summary>
    public bool HasGnuLinker { get; init; }
}
