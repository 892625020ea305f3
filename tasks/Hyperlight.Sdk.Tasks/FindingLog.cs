using System.Globalization;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Hyperlight.Sdk.Tasks;

/// <summary>Where in a file a finding belongs; line 0 when only the file is known.</summary>
internal sealed record FindingOrigin(string File, int Line = 0);

/// <summary>Turns findings into the errors, warnings and messages of a build.</summary>
/// <param name="log">The task's log.</param>
/// <param name="warnings">Which warnings are errors.</param>
/// <param name="helpRoot">The folder that help pages are relative to.</param>
internal sealed class FindingLog(TaskLoggingHelper log, WarningPolicy warnings, string helpRoot)
{
    /// <summary>Reports a finding. No subcategory: problem matchers expect <c>error</c> right after the origin.</summary>
    /// <returns>Whether the finding is none that stops the build; a project may make an error of a warning.</returns>
    public bool Report(Finding finding, FindingOrigin origin)
    {
        DiagnosticRule rule = finding.Rule;
        string link = HelpLink(rule);
        switch (rule.Severity == FindingSeverity.Warning && warnings.IsError(rule.Code) ? FindingSeverity.Error : rule.Severity)
        {
            case FindingSeverity.Error:
                log.LogError(null, rule.Code, null, link, origin.File, origin.Line, 0, 0, 0, "{0}", finding.Message);
                return false;
            case FindingSeverity.Warning:
                log.LogWarning(null, rule.Code, null, link, origin.File, origin.Line, 0, 0, 0, "{0}", finding.Message);
                return true;
            default:
                log.LogMessage(null, rule.Code, null, origin.File, origin.Line, 0, 0, 0, MessageImportance.Normal, "{0}", finding.Message);
                return true;
        }
    }

    private string HelpLink(DiagnosticRule rule) =>
        Path.IsPathFullyQualified(helpRoot)
            ? new Uri(Path.Combine(helpRoot, rule.HelpPage)).AbsoluteUri
            : string.Create(CultureInfo.InvariantCulture, $"{helpRoot}{rule.HelpPage}");
}
