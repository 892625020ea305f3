using System.Text.RegularExpressions;

namespace Hyperlight.Conformance.Checks;

internal static partial class RegexChecks
{
    public static Area Area => new("regular expressions")
    {
        { "replace", () => Regex.Replace("2026-11-28", @"(\d+)-(\d+)-(\d+)", "$3.$2.$1") },
        { "named groups", () => Regex.Match("key = value", @"(?<k>\w+)\s*=\s*(?<v>\w+)").Groups["v"].Value },
        { "all matches", () => Regex.Matches("a1b22c333", @"\d+").Select(m => m.Value) },
        { "evaluator", () => Regex.Replace("a1b2", @"\d", m => $"<{int.Parse(m.Value, null) * 2}>") },
        { "split", () => Regex.Split("a, b;c", @"[,;]\s*") },
        { "look around", () => Regex.Matches("price 100 EUR, 200 USD", @"\d+(?= EUR)").Single().Value },
        { "lazy and greedy", () => Regex.Match("<a><b>", "<.+?>").Value + Regex.Match("<a><b>", "<.+>").Value },
        { "back reference", () => Regex.IsMatch("abcabc", @"^(abc)\1$") },
        { "ignore case", () => Regex.IsMatch("STRASSE é", "strasse É", RegexOptions.IgnoreCase) },
        { "lines", () => Regex.Count("a\nb\na", "^a$", RegexOptions.Multiline) },
        { "unicode category", () => Regex.Replace("Ωa1 ü", @"\p{L}", "x") },
        { "balancing", () => Regex.IsMatch("((a)(b))", @"^(?:[^()]|(?<o>\()|(?<-o>\)))*(?(o)(?!))$") },
        { "right to left", () => Regex.Match("a1 b2 c3", @"\w\d", RegexOptions.RightToLeft).Value },
        { "non-backtracking", () => Regex.Match(new string('a', 30) + "!", "(a+)+!", RegexOptions.NonBacktracking).Length },
        { "compiled is accepted", () => Regex.IsMatch("abc123", @"^[a-c]+\d{3}$", RegexOptions.Compiled) },
        { "generated", () => Date().Match("on 2026-11-29.").Groups["month"].Value },
        { "generated matches", () => Word().EnumerateMatches("one two three").MoveNext() },
        { "timeout", () => Regex.IsMatch(new string('a', 40), "^(a+)+b$", RegexOptions.None, TimeSpan.FromMilliseconds(50)) },
        { "wrong pattern", () => Regex.IsMatch("a", "(") },
        { "escape", () => Regex.Escape("a.b*c") },
        { "comments in the pattern", () => Regex.IsMatch("ab", "a # first\n b # second", RegexOptions.IgnorePatternWhitespace) },
        { "conditional", () => Regex.Match("(x)", @"(\()?x(?(1)\))").Value },
    };

    [GeneratedRegex(@"(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)")]
    private static partial Regex Date();

    [GeneratedRegex(@"\b\w+\b")]
    private static partial Regex Word();
}
