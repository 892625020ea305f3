using System.Numerics;

namespace Hyperlight.Conformance.Checks;

internal static class GenericChecks
{
    private interface IVisitor
    {
        string Visit<T>(T value);
    }

    private interface IShape
    {
        static abstract string Name { get; }

        int Sides => 0;
    }

    public static Area Area => new("generics")
    {
        {
            "virtual generic method", () =>
            {
                IVisitor v = new TypeVisitor();
                return v.Visit(5) + v.Visit("text") + v.Visit((1, 2.5)) + v.Visit<object?>(null);
            }
        },
        {
            "virtual generic method of a base class", () =>
            {
                Producer p = new Doubler();
                return string.Join(",", p.Make(3)) + string.Join(",", p.Make("x"));
            }
        },
        { "static abstract", () => NameOf<Square>() + NameOf<Circle>() },
        { "default interface method", () => { IShape a = new Square(), b = new Circle(); return $"{a.Sides} {b.Sides}"; } },
        {
            "generic mathematics",
            () => $"{Sum<int>([1, 2, 3])} {Sum<double>([0.5, 0.25])} {Sum<BigInteger>([BigInteger.One, BigInteger.MinusOne])}"
        },
        {
            "static field for each type", () =>
            {
                Counter<int>.Count++;
                Counter<string>.Count += 2;
                int result = Counter<int>.Count * 10 + Counter<string>.Count;
                Counter<int>.Count = Counter<string>.Count = 0;
                return result;
            }
        },
        { "covariance", () => { IEnumerable<object> items = new List<string> { "a", "b" }; return items; } },
        {
            "contravariance", () =>
            {
                IComparer<string> c = Comparer<object>.Create((a, b) => string.CompareOrdinal(b.ToString(), a.ToString()));
                return c.Compare("a", "b") > 0;
            }
        },
        { "nullable", () => { int? a = 5, b = null; return $"{a + b == null} {a > b} {a.GetValueOrDefault()} {b ?? 7}"; } },
        { "default of a struct", () => default((int, string?)) },
        { "tuple equality", () => (1, "a", 2.5) == (1, "a", 2.5) },
        {
            "deep nesting",
            () => typeof(Dictionary<string, List<Dictionary<int, (string, int[])>>>).GenericTypeArguments[1].GenericTypeArguments[0].Name
        },
        { "recursive constraint", () => Largest([new Money(3), new Money(9), new Money(5)]).Amount },
        { "generic delegate", () => Apply<int, string>(5, i => new string('x', i)) },
        {
            "generic exception", () =>
            {
                try
                {
                    Throw<TimeoutException>();
                }
                catch (TimeoutException)
                {
                    return "caught";
                }
                return "not reached";
            }
        },
        { "new constraint", () => Make<List<int>>().Count },
        { "value type in an interface", () => { IComparable<int> c = 5; return c.CompareTo(7); } },
        { "shared code for references", () => Describe<string>() + Describe<object>() + Describe<int>() },
        { "comparer of records", () => EqualityComparer<Money>.Default.Equals(new(5), new(5)) },
        { "parsable", () => Parse<int>("12") + Parse<long>("30") },
        { "inline array", () => { Four f = default; f[2] = 7; int sum = 0; foreach (int i in f) { sum += i; } return sum; } },
        { "ref struct in generic code", () => Length(new Window([1, 2, 3])) },
    };

    private static string NameOf<T>() where T : IShape => T.Name;

    private static T Sum<T>(T[] values) where T : INumber<T>
    {
        T sum = T.Zero;
        foreach (T value in values)
        {
            sum += value;
        }
        return sum;
    }

    private static T Largest<T>(T[] values) where T : IComparable<T> => values.Max()!;

    private static TResult Apply<T, TResult>(T value, Func<T, TResult> function) => function(value);

    private static void Throw<T>() where T : Exception, new() => throw new T();

    private static T Make<T>() where T : new() => new();

    private static string Describe<T>() => $"{typeof(T).Name}:{default(T) is null} ";

    private static T Parse<T>(string text) where T : IParsable<T> => T.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static int Length<T>(T value) where T : IWindow, allows ref struct => value.Length;

    private interface IWindow
    {
        int Length { get; }
    }

    private readonly ref struct Window(ReadOnlySpan<int> span) : IWindow
    {
        private readonly ReadOnlySpan<int> _span = span;

        public int Length => _span.Length;
    }

    [System.Runtime.CompilerServices.InlineArray(4)]
    private struct Four
    {
        private int _first;
    }

    private sealed class TypeVisitor : IVisitor
    {
        public string Visit<T>(T value) => $"{typeof(T).Name}={value};";
    }

    private class Producer
    {
        public virtual T[] Make<T>(T value) => [value];
    }

    private sealed class Doubler : Producer
    {
        public override T[] Make<T>(T value) => [.. base.Make(value), value];
    }

    private sealed class Square : IShape
    {
        public static string Name => "square ";

        public int Sides => 4;
    }

    private sealed class Circle : IShape
    {
        public static string Name => "circle";
    }

    private static class Counter<T>
    {
        public static int Count { get; set; }
    }

    private sealed record Money(int Amount) : IComparable<Money>
    {
        public int CompareTo(Money? other) => Amount.CompareTo(other?.Amount);
    }
}
