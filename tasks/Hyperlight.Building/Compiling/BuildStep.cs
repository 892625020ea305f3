namespace Hyperlight.Compiling;

/// <summary>A command, with the file that it writes.</summary>
internal sealed record BuildStep
{
    /// <summary>Gets the path of the file that the command writes.</summary>
    public required string Output { get; init; }

    /// <summary>Gets the path that a message about the whole step names.</summary>
    public required string Subject { get; init; }

    /// <summary>Gets the arguments of the program.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Gets the absolute path of the folder in which the command runs; <c>null</c> for that of the build.</summary>
    public string? Folder { get; init; }

    /// <summary>Gets the files that the command is known to read.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>Gets the path of the dependency file.</summary>
    public string DependencyFile => Output + ".d";
}
