namespace Hyperlight;

/// <summary>One thing that is wrong, or at least suspicious, with a guest or with what was asked for it.</summary>
/// <param name="Rule">The rule that was broken.</param>
/// <param name="Message">What was found, what is allowed, what to do, in this order.</param>
public sealed record Finding(DiagnosticRule Rule, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Rule.Code}: {Message}";
}
