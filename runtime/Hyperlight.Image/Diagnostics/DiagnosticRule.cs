using Hyperlight.Diagnostics;

namespace Hyperlight;

/// <summary>The rule that a finding is about, with its stable code and its severity. All rules are in <see cref="Rules"/>.</summary>
public sealed record DiagnosticRule
{
    private const int MostCharacters = 8192;

    internal DiagnosticRule(string code, FindingSeverity severity, string title)
    {
        Code = code;
        Severity = severity;
        Title = title;
    }

    /// <summary>Gets the stable code, for example <c>HL1001</c>. A code is never used again for another rule.</summary>
    public string Code { get; }

    /// <summary>Gets the severity, which decides whether an image is written.</summary>
    public FindingSeverity Severity { get; internal init; }

    /// <summary>Gets one sentence that names the rule.</summary>
    public string Title { get; }

    /// <summary>Gets the path of the page that explains the rule, relative to the root of the SDK package and of the repository.</summary>
    public string HelpPage => $"docs/diagnostics/{Code}.md";

    /// <summary>
    /// Creates a finding of this rule. The message is an interpolated string in each of its pieces, so that the compiler lets no value
    /// past the limit that <see cref="FindingText"/> sets.
    /// </summary>
    /// <param name="message">
    /// The message says what was found, what is allowed and what to do, in this order. The text is changed to one line without control
    /// characters, of at most 8192 characters. Of each long value only the start and the end are shown.
    /// </param>
    internal Finding Found(FindingText message) => FoundText(message.ToText());

    /// <summary>Creates a finding of this rule from a finished text, of which no single value is shortened.</summary>
    /// <param name="message">The message, as for <see cref="Found"/>. The limit of 8192 characters holds too.</param>
    internal Finding FoundText(string message) => new(this, OneLine.Of(FindingText.Cut(message, MostCharacters)));

    /// <summary>Gets the code.</summary>
    public override string ToString() => Code;
}
