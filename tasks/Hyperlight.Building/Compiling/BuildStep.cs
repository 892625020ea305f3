namespace Hyperlight.Compiling;

/// <summary>A command of the compiler, with the file that it writes.</summary>
internal sealed record BuildStep
{
    /// <summary>Gets the path of the file that the command writes.</summary>
    public required string Output { get; init; }

    /// <summary>Gets the path that a message about the whole step names.</summary>
    public required string Subject { get; init; }

    /// <summary>Gets the arguments of the compiler.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Gets the files that the command reads; <c>null</c> if the command writes a dependency file.</summary>
    public IReadOnlyList<string>? Inputs { get; init; }

    /// <summary>Gets the path of the dependency file.</summary>
    public string DependencyFile => Output + ".d";
}
