using System.Linq.Expressions;

namespace Hyperlight.Conformance.Checks;

internal static class DelegateChecks
{
    private delegate int Transform(ref int value);

    public static Area Area => new("delegates")
    {
        { "closure", () => { int n = 0; Action add = () => n += 2; add(); add(); return n; } },
        {
            "one closure for each turn", () =>
            {
                List<Func<int>> all = [];
                foreach (int i in (int[])[1, 2, 3])
                {
                    all.Add(() => i);
                }
                return all.Select(f => f());
            }
        },
        { "several targets", () => { string log = ""; Action a = () => log += "a"; a += () => log += "b"; a(); return log; } },
        {
            "removal of a target", () =>
            {
                string log = "";
                Action x = () => log += "x", y = () => log += "y", all = x + y + x;
                all = (all - x)!;
                all();
                return log;
            }
        },
        { "result of the last target", () => { Func<int> f = () => 1; f += () => 2; return f(); } },
        { "by reference", () => { Transform t = (ref int v) => v++; int x = 4; int before = t(ref x); return $"{before} {x}"; } },
        { "method group", () => ((int[])[-1, -2]).Select(Math.Abs) },
        { "event", () => { Raiser r = new(); int n = 0; r.Raised += (_, e) => n += e; r.Raise(3); r.Raise(4); return n; } },
        { "variance", () => { Func<string> f = () => "text"; Func<object> g = f; return g(); } },
        { "equality", () => { Func<int, int> f = Math.Abs, g = Math.Abs; return f == g; } },
        { "recursion", () => { Func<int, int> f = null!; f = n => n < 2 ? n : f(n - 1) + f(n - 2); return f(15); } },
        { "invocation list", () => { Action a = () => { }; a += a; return a.GetInvocationList().Length; } },
        { "open instance", () => ((Func<string, string>)(s => s.ToUpperInvariant()))("abc") },
        { "expression tree", () => { Expression<Func<int, int>> e = x => x * 2 + 1; return e.Compile(preferInterpretation: true)(20); } },
        { "expression text", () => { Expression<Func<int, bool>> e = x => x > 3 && x < 9; return e.ToString(); } },
        { "local function", () => { return Sum(10); static int Sum(int n) => n == 0 ? 0 : n + Sum(n - 1); } },
        {
            "exception in a target", () =>
            {
                string log = "";
                Action a = () => throw new InvalidDataException();
                a += () => log = "reached";
                try
                {
                    a();
                }
                catch (InvalidDataException)
                {
                    log += "caught";
                }
                return log;
            }
        },
    };

    private sealed class Raiser
    {
        public event EventHandler<int>? Raised;

        public void Raise(int value) => Raised?.Invoke(this, value);
    }
}
