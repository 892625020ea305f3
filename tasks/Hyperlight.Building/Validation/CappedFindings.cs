namespace Hyperlight.Validation;

/// <summary>
/// Findings of rules that a guest can break in a million places: of each rule it passes on the first few and then, when closed, says how
/// many more there were.
/// </summary>
internal sealed class CappedFindings(ICollection<Finding> findings)
{
    /// <summary>How many findings of one rule a person is shown.</summary>
    public const int Limit = 5;

    private readonly ICollection<Finding> _findings = findings;
    private readonly Dictionary<DiagnosticRule, int> _counts = [];

    /// <summary>Adds a finding; its text is only made when it is shown.</summary>
    public void Add(DiagnosticRule rule, Func<string> message)
    {
        int count = _counts.GetValueOrDefault(rule) + 1;
        _counts[rule] = count;
        if (count <= Limit)
        {
            _findings.Add(rule.Found(message()));
        }
    }

    /// <summary>Says of each rule how many findings were left out.</summary>
    public void Close()
    {
        foreach ((DiagnosticRule rule, int count) in _counts.OrderBy(pair => pair.Key.Code, StringComparer.Ordinal))
        {
            if (count > Limit)
            {
                _findings.Add(rule.Found($"and {count - Limit} more of the same kind: correct those above and build again."));
            }
        }
    }
}
