using Hyperlight.Validation;

namespace Hyperlight.Linking;

/// <summary>The findings of a link. Errors are collected, so that a user sees them together.</summary>
/// <param name="findings">Receives at most five findings of each rule, and the number of the others.</param>
internal sealed class LinkFindings(ICollection<Finding> findings)
{
    private readonly CappedFindings _capped = new(findings);

    /// <summary>Gets whether an error was found.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>Adds an error. The text is created only if the error is passed on.</summary>
    public void Add(DiagnosticRule rule, Func<string> message)
    {
        HasErrors = true;
        _capped.Add(rule, message);
    }

    /// <summary>Adds the numbers of errors that were left out.</summary>
    public void Close() => _capped.Close();
}
