namespace Hyperlight.Conformance.Checks;

internal static class PatternChecks
{
    public static Area Area => new("patterns and records")
    {
        { "type switch", () => ((object[])[1, "two", 3.0, null!, new[] { 1, 2 }, (1, 2)]).Select(Describe) },
        {
            "relational",
            () => ((int[])[-5, 0, 5, 50, 500]).Select(n => n switch
            {
                < 0 => "negative",
                0 => "zero",
                > 0 and < 10 => "digit",
                >= 10 and <= 99 => "two digits",
                _ => "large",
            })
        },
        { "property", () => new Point(0, 5) is { X: 0, Y: > 3 } },
        { "list", () => ((int[])[1, 2, 3, 4, 5]) is [1, .. var middle, 5] ? middle.Length : -1 },
        { "list of text", () => "command argument".Split(' ') is ["command", var argument] ? argument : "none" },
        { "positional", () => new Point(3, 4) is (var x, var y) ? x * y : 0 },
        { "record equality", () => $"{new Point(1, 2) == new Point(1, 2)} {new Point(1, 2).Equals(new Point(2, 1))}" },
        { "record text", () => new Point(1, 2) },
        { "record copy", () => new Point(1, 2) with { Y = 9 } },
        { "inherited record", () => new Named(1, 2, "here") },
        { "record equality over types", () => new Point(1, 2) == new Named(1, 2, "here") },
        { "record struct", () => new Size(2, 3) { Width = 5 } },
        { "deconstruction", () => { (int a, int b) = new Point(5, 6); (a, b) = (b, a); return $"{a} {b}"; } },
        { "no match", () => NoMatch(5) },
        { "range", () => ((int[])[1, 2, 3, 4])[1..^1] },
        { "index from the end", () => "text"[^1] },
        { "null-conditional assignment", () => { Holder? h = null; h?.Value = 5; h = new(); h?.Value = 6; return h!.Value; } },
        { "null-conditional chain", () => ((Holder?)null)?.Next?.Value },
        { "interpolation", () => $"{1 + 1} {{x}} {"a" + $"{2:D3}"} {(true ? "yes" : "no"),5}" },
        { "raw text", () => $$"""{"a": {{1 + 2}}}""" },
        { "goto and labels", () => { int n = 0; again: n++; if (n < 5) { goto again; } return n; } },
        { "static constructor", () => Once.Value },
        { "extension member", () => 21.Doubled },
        { "field keyword", () => new Holder { Clamped = 500 }.Clamped },
        { "implicit conversion", () => { Meters m = 5; return (int)(m + 3); } },
        { "operator order", () => 2 + 3 * 4 - 10 / 3 % 2 << 1 | 1 },
    };

#pragma warning disable CS8509 // The missing case is what the check is for.
    private static int NoMatch(long value) => value switch { -1 => 1, -2 => 2 };
#pragma warning restore CS8509

    private static string Describe(object? value) => value switch
    {
        int number => $"int {number}",
        string { Length: 3 } text => $"text {text}",
        double => "double",
        null => "null",
        int[] { Length: var length } => $"array of {length}",
        ValueTuple<int, int>(var a, _) => $"pair {a}",
        _ => "other",
    };

    private record Point(int X, int Y);

    private sealed record Named(int X, int Y, string Name) : Point(X, Y);

    private record struct Size(int Width, int Height);

    private sealed class Holder
    {
        public int Value { get; set; }

        public Holder? Next { get; set; }

        public int Clamped
        {
            get;
            set => field = Math.Min(value, 100);
        }
    }

    private readonly record struct Meters(int Value)
    {
        public static implicit operator Meters(int value) => new(value);

        public static explicit operator int(Meters meters) => meters.Value;

        public static Meters operator +(Meters a, Meters b) => new(a.Value + b.Value);
    }

    private static class Once
    {
        static Once() => Value = "initialized";

        public static string Value { get; }
    }
}

internal static class NumberExtensions
{
    extension(int number)
    {
        public int Doubled => number * 2;
    }
}
