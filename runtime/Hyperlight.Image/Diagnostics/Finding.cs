namespace Hyperlight;

/// <summary>
/// A fault, or a suspicious fact, that was found in a guest, in its image, in the settings of a project, or on the computer.
/// </summary>
public sealed record Finding
{
    internal Finding(DiagnosticRule rule, string message)
    {
        Rule = rule;
        Message = message;
    }

    /// <summary>Gets the rule that was broken.</summary>
    public DiagnosticRule Rule { get; internal init; }

    /// <summary>Gets one line that says what was found, what is allowed and what to do, in this order.</summary>
    public string Message { get; internal init; }

    /// <summary>
    /// Gets the source of the code that the finding is about, with the path of the compiler; <c>null</c> if the source is not known.
    /// </summary>
    internal GuestLocation? Location { get; init; }

    /// <summary>Gets the code of the rule and the message, for example <c>HL5001: /dev/kvm is missing …</c>.</summary>
    public override string ToString() => $"{Rule.Code}: {Message}";
}
