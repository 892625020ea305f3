using Hyperlight.SourceLines;

namespace Hyperlight.Validation;

/// <summary>
/// Passes on the first findings of each rule and, at the end, the number of the others. A guest can break a rule in a million places.
/// </summary>
internal sealed class CappedFindings(ICollection<Finding> findings, GuestSources? sources = null)
{
    /// <summary>The greatest number of findings of one rule that are passed on.</summary>
    public const int Limit = 5;

    private readonly ICollection<Finding> _findings = findings;
    private readonly GuestSources? _sources = sources;
    private readonly Dictionary<DiagnosticRule, int> _counts = [];

    /// <summary>Adds a finding. The text is created only if the finding is passed on.</summary>
    public void Add(DiagnosticRule rule, Func<string> message) => Add(rule, null, message);

    /// <summary>Adds a finding about the code at a linked address, with the function and the line that are known.</summary>
    public void Add(DiagnosticRule rule, ulong? address, Func<string> message)
    {
        int count = _counts.GetValueOrDefault(rule) + 1;
        _counts[rule] = count;
        if (count <= Limit)
        {
            GuestLocation? place = address is { } known ? _sources?.Find(known) : null;
            _findings.Add(rule.FoundText(message() + Describe(place)) with { Location = place?.File is null ? null : place });
        }
    }

    /// <summary>Adds the number of findings that were left out, for each rule.</summary>
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

    // The texts of rules name functions themselves, so that a function without a line adds nothing.
    private static string Describe(GuestLocation? place) => place switch
    {
        { File: { } file, Function: { } function } =>
            $" The code is in {SymbolNames.Quote(function)} ({SourcePath.NameOf(file)}:{place.Line}).",
        { File: { } file } => $" The code is at {SourcePath.NameOf(file)}:{place.Line}.",
        _ => "",
    };
}
