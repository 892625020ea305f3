using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// The policy that says which warnings are errors in a project. The build engine knows what <c>-warnaserror</c> and the properties <c>MSBuildTreatWarningsAsErrors</c> and
/// <c>WarningsAsErrors</c> say. It does not know <c>TreatWarningsAsErrors</c>, which is the compiler's, and which people set who want no warning to pass.
/// </summary>
/// <param name="engine">The build engine.</param>
/// <param name="treatAsErrors">The value of <c>TreatWarningsAsErrors</c>.</param>
/// <param name="tolerated">The codes that it does not count for, as <c>NoWarn</c> and <c>WarningsNotAsErrors</c> list them.</param>
internal sealed class WarningPolicy(IBuildEngine engine, string treatAsErrors, string tolerated)
{
    /// <summary>Whether the project makes an error of the warning <paramref name="code"/>.</summary>
    public bool IsError(string code) =>
        (engine is IBuildEngine8 strict && strict.ShouldTreatWarningAsError(code))
        || (treatAsErrors.Trim().Equals("true", StringComparison.OrdinalIgnoreCase)
            && !tolerated.Split([';', ',', ' ', '\r', '\n', '\t']).Contains(code, StringComparer.OrdinalIgnoreCase));
}
