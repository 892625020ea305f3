namespace Hyperlight.Compiling;

/// <summary>The result of a build of guests.</summary>
/// <param name="Results">The results of the steps.</param>
/// <param name="Findings">The findings about the objects.</param>
/// <param name="Files">The paths of the files that the build has written or found up to date.</param>
internal sealed record BuiltGuests(IReadOnlyList<StepResult> Results, IReadOnlyList<Finding> Findings, IReadOnlyList<string> Files)
{
    /// <summary>Gets whether all guests were built.</summary>
    public bool Succeeded => Results.All(result => result.Succeeded);
}
