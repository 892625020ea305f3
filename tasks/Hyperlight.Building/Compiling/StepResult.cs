namespace Hyperlight.Compiling;

/// <summary>The result of a step.</summary>
/// <param name="Step">The step.</param>
/// <param name="HasRun">Whether the command ran in this build.</param>
/// <param name="Succeeded">Whether there is an output.</param>
/// <param name="Messages">The messages of the compiler.</param>
/// <param name="Text">All that the compiler wrote.</param>
internal sealed record StepResult(
    BuildStep Step, bool HasRun, bool Succeeded, IReadOnlyList<CompilerMessage> Messages, string Text)
{
    /// <summary>Gets the finding that says why there is no output although the command succeeded; otherwise <c>null</c>.</summary>
    public Finding? Finding { get; init; }
}
