namespace Hyperlight;

/// <summary>How much a finding matters.</summary>
public enum FindingSeverity
{
    /// <summary>The guest can be baked, but probably not as its author meant.</summary>
    Warning,

    /// <summary>There is no correct image for this input; none is written.</summary>
    Error,
}

/// <summary>A kind of finding: its stable code and severity. All of them stand in <see cref="Rules"/>.</summary>
/// <param name="Code">The stable code, for example <c>HL1001</c>. A number is never used again for something else.</param>
/// <param name="Severity">Whether the finding stops the bake.</param>
/// <param name="Title">One sentence that names the rule.</param>
public sealed record Rule(string Code, FindingSeverity Severity, string Title)
{
    /// <summary>The page that explains the rule, relative to the root of the SDK package and of the repository.</summary>
    public string HelpPage => $"docs/diagnostics/{Code}.md";

    /// <summary>A finding of this kind.</summary>
    /// <param name="message">What was found, what is allowed, what to do, in this order.</param>
    public Finding Found(string message) => new(this, message);
}

/// <summary>One thing that is wrong, or at least suspicious, with a guest or with what was asked for it.</summary>
/// <param name="Rule">The rule that was broken.</param>
/// <param name="Message">What was found, what is allowed, what to do, in this order.</param>
public sealed record Finding(Rule Rule, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Rule.Code}: {Message}";
}
