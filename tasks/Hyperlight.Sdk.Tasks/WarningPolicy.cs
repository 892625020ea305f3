using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Says which warnings are errors in a project. The build engine knows the option <c>-warnaserror</c> and the properties
/// <c>MSBuildTreatWarningsAsErrors</c> and <c>WarningsAsErrors</c>. The engine does not know <c>TreatWarningsAsErrors</c>, a property of
/// the compiler that people set to let no warning pass.
/// </summary>
/// <param name="engine">The build engine.</param>
/// <param name="treatAsErrors">The value of <c>TreatWarningsAsErrors</c>.</param>
/// <param name="tolerated">The codes of warnings that <c>TreatWarningsAsErrors</c> does not affect, as <c>NoWarn</c> and
/// <c>WarningsNotAsErrors</c> list them.</param>
internal sealed class WarningPolicy(IBuildEngine engine, string treatAsErrors, string tolerated)
{
    /// <summary>Gets whether the project makes an error of a warning.</summary>
    /// <param name="code">The code of the warning.</param>
    public bool IsError(string code) =>
        (engine is IBuildEngine8 strict && strict.ShouldTreatWarningAsError(code))
        || (treatAsErrors.Trim().Equals("true", StringComparison.OrdinalIgnoreCase)
            && !tolerated.Split([';', ',', ' ', '\r', '\n', '\t']).Contains(code, StringComparer.OrdinalIgnoreCase));
}
