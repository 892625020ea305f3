using System.Globalization;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Hyperlight.Sdk.Tasks;

/// <summary>The place in a file that a finding is about.</summary>
/// <param name="File">The path of the file.</param>
/// <param name="Line">The number of the line, from 1; 0 if only the file is known.</param>
/// <param name="Column">The number of the column, from 1; 0 if only the line is known.</param>
internal sealed record FindingOrigin(string File, int Line = 0, int Column = 0);

/// <summary>Reports findings as errors, warnings and messages of a build.</summary>
/// <param name="log">The task's log.</param>
/// <param name="warnings">The policy that says which warnings are errors.</param>
/// <param name="helpRoot">The folder that the paths of help pages are relative to.</param>
internal sealed class FindingLog(TaskLoggingHelper log, WarningPolicy warnings, string helpRoot)
{
    /// <summary>
    /// Reports a finding. The report has no subcategory, because problem matchers expect <c>error</c> right after the origin.
    /// </summary>
    /// <returns>Whether the build goes on. The build stops at an error, and a project may make an error of a warning.</returns>
    public bool Report(Finding finding, FindingOrigin origin)
    {
        DiagnosticRule rule = finding.Rule;
        string link = HelpLink(rule);
        switch (rule.Severity == FindingSeverity.Warning && warnings.IsError(rule.Code) ? FindingSeverity.Error : rule.Severity)
        {
            case FindingSeverity.Error:
                log.LogError(null, rule.Code, null, link, origin.File, origin.Line, origin.Column, 0, 0, "{0}", finding.Message);
                return false;
            case FindingSeverity.Warning:
                log.LogWarning(null, rule.Code, null, link, origin.File, origin.Line, origin.Column, 0, 0, "{0}", finding.Message);
                return true;
            default:
                log.LogMessage(
                    null, rule.Code, null, origin.File, origin.Line, origin.Column, 0, 0, MessageImportance.Normal, "{0}", finding.Message);
                return true;
        }
    }

    private string HelpLink(DiagnosticRule rule) =>
        Path.IsPathFullyQualified(helpRoot)
            ? new Uri(Path.Combine(helpRoot, rule.HelpPage)).AbsoluteUri
            : string.Create(CultureInfo.InvariantCulture, $"{helpRoot}{rule.HelpPage}");
}
