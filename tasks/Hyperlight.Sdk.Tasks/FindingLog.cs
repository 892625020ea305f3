using System.Globalization;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Hyperlight.Sdk.Tasks;

/// <summary>Where in a file a finding belongs; line 0 when only the file is known.</summary>
internal readonly record struct FindingOrigin(string File, int Line = 0);

/// <summary>Turns findings into the errors, warnings and messages of a build.</summary>
/// <param name="log">The task's log.</param>
/// <param name="helpRoot">The folder that help pages are relative to.</param>
internal sealed class FindingLog(TaskLoggingHelper log, string helpRoot)
{
    /// <summary>Reports a finding. No subcategory: problem matchers expect <c>error</c> right after the origin.</summary>
    public void Report(Finding finding, FindingOrigin origin)
    {
        Rule rule = finding.Rule;
        string link = HelpLink(rule);
        switch (rule.Severity)
        {
            case FindingSeverity.Error:
                log.LogError(null, rule.Code, null, link, origin.File, origin.Line, 0, 0, 0, "{0}", finding.Message);
                break;
            case FindingSeverity.Warning:
                log.LogWarning(null, rule.Code, null, link, origin.File, origin.Line, 0, 0, 0, "{0}", finding.Message);
                break;
            default:
                log.LogMessage(null, rule.Code, null, origin.File, origin.Line, 0, 0, 0, MessageImportance.Normal, "{0}", finding.Message);
                break;
        }
    }

    private string HelpLink(Rule rule) =>
        Path.IsPathFullyQualified(helpRoot)
            ? new Uri(Path.Combine(helpRoot, rule.HelpPage)).AbsoluteUri
            : string.Create(CultureInfo.InvariantCulture, $"{helpRoot}{rule.HelpPage}");
}
