using Hyperlight.Diagnostics;

namespace Hyperlight;

/// <summary>A kind of finding: its stable code and severity. All of them stand in <see cref="Rules"/>.</summary>
/// <param name="Code">The stable code, for example <c>HL1001</c>. A number is never used again for something else.</param>
/// <param name="Severity">Whether the finding stops the bake.</param>
/// <param name="Title">One sentence that names the rule.</param>
public sealed record DiagnosticRule(string Code, FindingSeverity Severity, string Title)
{
    private const int MostCharacters = 8192;

    /// <summary>The page that explains the rule, relative to the root of the SDK package and of the repository.</summary>
    public string HelpPage => $"docs/diagnostics/{Code}.md";

    /// <summary>A finding of this kind.</summary>
    /// <param name="message">What was found, what is allowed, what to do, in this order. It becomes one line without control characters, and not longer than a page.</param>
    internal Finding Found(string message) => new(this, OneLine.Of(FindingText.Cut(message ?? throw new ArgumentNullException(nameof(message)), MostCharacters)));

    /// <summary>A finding of this kind.</summary>
    /// <param name="message">What was found, what is allowed, what to do, in this order. Of each long part only the start and the end are shown.</param>
    internal Finding Found(FindingText message) => Found(message.ToText());
}
