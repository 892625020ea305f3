using System.Globalization;
using System.Text;

namespace Hyperlight.Conformance.Checks;

internal static class StringChecks
{
    public static Area Area => new("strings")
    {
        { "concatenation", () => "a" + 1 + 'b' + 2.5 + null + true },
        { "join and split", () => string.Join("|", "a,b,,c".Split(',', StringSplitOptions.RemoveEmptyEntries)) },
        { "split by texts", () => "one--two==three".Split(["--", "=="], StringSplitOptions.None) },
        { "replace", () => "aXbXc".Replace("X", "--", StringComparison.Ordinal) },
        { "replace ignoring case", () => "aXbxc".Replace("x", "-", StringComparison.OrdinalIgnoreCase) },
        { "replace line ends", () => "a\r\nb\nc".ReplaceLineEndings("|") },
        { "upper and lower", () => "Straße Éa ΣΑΣ i".ToUpperInvariant() + " " + "ÀÉΣI".ToLowerInvariant() },
        { "ordinal comparison", () => string.CompareOrdinal("a", "B") },
        { "invariant comparison", () => Math.Sign(string.Compare("a", "B", StringComparison.InvariantCulture)) },
        { "comparison ignoring case", () => string.Equals("STRASSE", "strasse", StringComparison.OrdinalIgnoreCase) },
        { "order", () => ((string[])["b", "A", "a", "B", "é", "z"]).Order(StringComparer.Ordinal) },
        { "current culture order", () => ((string[])["b", "A", "a", "B", "é", "z"]).Order(StringComparer.CurrentCulture) },
        {
            "find",
            () => (int[])
                ["banana".IndexOf("an", 2, StringComparison.Ordinal), "banana".LastIndexOf('a'), "x".IndexOf("", StringComparison.Ordinal)]
        },
        {
            "starts and ends",
            () => $"{"file.txt".EndsWith(".txt", StringComparison.Ordinal)} {"file".StartsWith("FI", StringComparison.OrdinalIgnoreCase)}"
        },
        { "trim", () => "xx text yy".Trim('x', 'y') + "|" + "  a ".TrimStart() + "|" },
        { "pad", () => "7".PadLeft(3, '0') + "ab".PadRight(4, '.') },
        { "insert and remove", () => "hello".Insert(2, "XX").Remove(0, 1) },
        { "substring out of range", () => "abc".Substring(2, 5) },
        { "format", () => string.Format(CultureInfo.InvariantCulture, "{0,6:F2}|{1:yyyy}|{2:X}", 3.14159, new DateTime(2026, 1, 1), 255) },
        { "wrong format", () => string.Format(CultureInfo.InvariantCulture, "{0", 1) },
        { "composite format", () => string.Format(CultureInfo.InvariantCulture, CompositeFormat.Parse("{0}-{1}"), 1, 2) },
        {
            "builder", () =>
            {
                StringBuilder b = new("abc");
                b.Append(1).AppendLine().Insert(0, "x").Replace('b', 'B').Remove(1, 1);
                return b.ToString();
            }
        },
        {
            "large builder", () =>
            {
                StringBuilder b = new();
                for (int i = 0; i < 5000; i++)
                {
                    b.Append(i);
                }
                return $"{b.Length} {b[10000]}";
            }
        },
        {
            "builder chunks", () =>
            {
                StringBuilder b = new(16);
                b.Append('a', 100).Append('b', 100);
                int n = 0;
                foreach (ReadOnlyMemory<char> c in b.GetChunks())
                {
                    n += c.Length;
                }
                return n;
            }
        },
        { "interning", () => ReferenceEquals(string.Intern(new string(['a', 'b'])), string.Intern("ab")) },
        { "surrogates", () => { string s = "a😀"; return $"{s.Length} {char.IsSurrogatePair(s, 1)} {char.ConvertToUtf32(s, 1)}"; } },
        { "text elements", () => new StringInfo("e\u0301👨‍👩‍👧a").LengthInTextElements },
        { "character arrays", () => new string([.. "hello".Reverse()]) },
        { "null or white space", () => $"{string.IsNullOrWhiteSpace(" \t\u00A0")} {string.IsNullOrEmpty(null)}" },
        { "escape characters", () => "\x41\u0042\U00000043\t\"\\\e".Length },
        {
            "invariant culture formats",
            () => string.Create(CultureInfo.InvariantCulture, $"{1234.5:N} {new DateTime(2026, 11, 29):D} {0.25:P}")
        },
        {
            "conversion",
            () => (object[])
            [
                Convert.ToInt32("ff", 16), Convert.ToBoolean("True", CultureInfo.InvariantCulture),
                Convert.ToDouble("1e3", CultureInfo.InvariantCulture),
            ]
        },
        { "change type", () => Convert.ChangeType("42", typeof(int), CultureInfo.InvariantCulture) },
        { "contains", () => $"{"abc".Contains('b')} {"ABC".Contains("bc", StringComparison.OrdinalIgnoreCase)}" },
        { "formattable", () => FormattableString.Invariant($"{1.5} {-3:00}") },
        { "copy to span", () => { Span<char> to = stackalloc char[5]; "abc".CopyTo(to); return to[3] == '\0'; } },
    };
}
