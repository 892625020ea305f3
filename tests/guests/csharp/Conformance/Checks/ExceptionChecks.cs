using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Hyperlight.Conformance.Checks;

internal static class ExceptionChecks
{
    public static Area Area => new("exceptions")
    {
        { "null reference", () => ((string)Hide(null)!).Length },
        { "division by zero", () => 1 / (int)Hide(0)! },
        { "remainder by zero", () => 1L % (long)Hide(0L)! },
        { "minimum divided by minus one", () => int.MinValue / (int)Hide(-1)! },
        { "checked overflow", () => checked((int)Hide(int.MaxValue)! + 1) },
        { "checked conversion", () => checked((byte)(int)Hide(300)!) },
        { "index out of range", () => ((int[])Hide(new int[3])!)[(int)Hide(3)!] },
        { "invalid cast", () => (string)Hide(5)! },
        { "unboxing to another type", () => (long)Hide(5)! },
        { "negative array size", () => new int[(int)Hide(-1)!].Length },
        { "argument null", () => { ArgumentNullException.ThrowIfNull(Hide(null)); return "not reached"; } },
        {
            "argument name", () =>
            {
                try
                {
                    ArgumentOutOfRangeException.ThrowIfNegative(-1);
                }
                catch (ArgumentOutOfRangeException e)
                {
                    return e.ParamName;
                }
                return "not reached";
            }
        },
        { "filter", () => Filter(1) + Filter(2) + Filter(3) },
        { "filter runs before inner finally", FilterOrder },
        { "finally on return", () => { string log = ""; Return(ref log); return log; } },
        { "nested finally", NestedFinally },
        { "rethrow keeps the trace", () => Trace(Rethrow) },
        {
            "dispatch info keeps the trace", () =>
            {
                try
                {
                    ExceptionDispatchInfo.Throw(Capture(Deep));
                }
                catch (InvalidDataException e)
                {
                    return e.StackTrace!.Contains(nameof(Deep), StringComparison.Ordinal);
                }
                return "not reached";
            }
        },
        { "stack trace names methods", () => Trace(Deep) },
        {
            "inner exception",
            () => Capture(() => throw new InvalidOperationException("outer", new InvalidDataException("inner"))).InnerException!.Message
        },
        {
            "aggregate",
            () => new AggregateException(new InvalidDataException(), new AggregateException(new TimeoutException()))
                .Flatten().InnerExceptions.Select(e => e.GetType().Name)
        },
        { "message", () => Capture(() => throw new InvalidDataException("some text")).Message },
        { "data", () => { Exception e = new(); e.Data["key"] = 5; return e.Data["key"]; } },
        {
            "exception in finally", () =>
            {
                try
                {
                    try
                    {
                        throw new InvalidDataException();
                    }
                    finally
                    {
                        throw new TimeoutException();
                    }
                }
                catch (Exception e)
                {
                    return e.GetType().Name;
                }
            }
        },
        { "exception in a constructor", () => Capture(() => _ = new Failing(true)).GetType().Name },
        { "exception in a static constructor", () => Capture(() => _ = BrokenType.Value).InnerException?.GetType().Name },
        {
            "exception in a thread that catches", () =>
            {
                string? seen = null;
                Thread t = new(() => seen = Capture(Deep).Message);
                t.Start();
                t.Join();
                return seen;
            }
        },
        {
            "using disposes", () =>
            {
                Closing c = new();
                Capture(() => { using (c) { throw new InvalidDataException(); } });
                return c.Closed;
            }
        },
        {
            "lock is released", () =>
            {
                object gate = new();
                Capture(() => { lock (gate) { throw new InvalidDataException(); } });
                return Monitor.IsEntered(gate);
            }
        },
        {
            "a thousand exceptions", () =>
            {
                int n = 0;
                for (int i = 0; i < 1000; i++)
                {
                    try
                    {
                        Deep();
                    }
                    catch (InvalidDataException)
                    {
                        n++;
                    }
                }
                return n;
            }
        },
        { "through a hundred frames", () => Capture(() => Down(100)).Message },
        {
            "through a delegate and an iterator", () =>
            {
                try
                {
                    foreach (int i in Iterate())
                    {
                        _ = i;
                    }
                }
                catch (TimeoutException)
                {
                    return "caught";
                }
                return "not reached";
            }
        },
        {
            "null reference in a loop", () =>
            {
                int n = 0;
                for (int i = 0; i < 200; i++)
                {
                    try
                    {
                        _ = ((string)Hide(null)!).Length;
                    }
                    catch (NullReferenceException)
                    {
                        n++;
                    }
                }
                return n;
            }
        },
        { "stack frame", () => new StackTrace().FrameCount > 0 },
        { "sufficient stack", () => RuntimeHelpers.TryEnsureSufficientExecutionStack() },
        { "insufficient stack", () => Recurse(0) },
        { "unreachable", () => throw new UnreachableException() },
        {
            "first chance", () =>
            {
                int n = 0;
                void Seen(object? s, FirstChanceExceptionEventArgs e) => n++;
                AppDomain.CurrentDomain.FirstChanceException += Seen;
                Capture(Deep);
                AppDomain.CurrentDomain.FirstChanceException -= Seen;
                return n;
            }
        },
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static object? Hide(object? value) => value;

    private static Exception Capture(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            return exception;
        }
        return new("nothing was thrown");
    }

    private static string Filter(int kind)
    {
        try
        {
            throw kind == 3 ? new TimeoutException() : new InvalidDataException(kind == 1 ? "first" : "second");
        }
        catch (InvalidDataException e) when (e.Message == "first")
        {
            return "filtered ";
        }
        catch (InvalidDataException)
        {
            return "passed ";
        }
        catch (Exception e) when (e is TimeoutException or ArgumentException)
        {
            return "other";
        }
    }

    private static string FilterOrder()
    {
        List<string> log = [];
        bool Note(string text)
        {
            log.Add(text);
            return true;
        }
        try
        {
            try
            {
                throw new InvalidDataException();
            }
            finally
            {
                log.Add("finally");
            }
        }
        catch (InvalidDataException) when (Note("filter"))
        {
            log.Add("catch");
        }
        return string.Join(" ", log);
    }

    private static int Return(ref string log)
    {
        try
        {
            log += "try ";
            return 1;
        }
        finally
        {
            log += "finally";
        }
    }

    private static string NestedFinally()
    {
        string log = "";
        for (int i = 0; i < 3; i++)
        {
            try
            {
                try
                {
                    if (i == 1)
                    {
                        continue;
                    }
                    if (i == 2)
                    {
                        break;
                    }
                    log += "body ";
                }
                finally
                {
                    log += $"inner{i} ";
                }
            }
            finally
            {
                log += $"outer{i} ";
            }
        }
        return log;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Deep() => throw new InvalidDataException("deep");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Rethrow()
    {
        try
        {
            Deep();
        }
        catch (InvalidDataException)
        {
            throw;
        }
    }

    private static string Trace(Action action)
    {
        string trace = Capture(action).StackTrace ?? "";
        return trace.Contains(nameof(Deep), StringComparison.Ordinal) ? "names the method" : "does not name the method";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Down(int depth) => depth == 0 ? throw new InvalidDataException($"from the bottom {depth}") : Down(depth - 1) + 1;

    private static int Recurse(int depth)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return Recurse(depth + 1) + 1;
    }

    private static IEnumerable<int> Iterate()
    {
        yield return 1;
        throw new TimeoutException();
    }

    private sealed class Failing
    {
        public Failing(bool fail)
        {
            if (fail)
            {
                throw new TimeoutException();
            }
        }
    }

    private static class BrokenType
    {
        public static readonly int Value = Compute();

        private static int Compute() => throw new TimeoutException();
    }

    private sealed class Closing : IDisposable
    {
        public bool Closed { get; private set; }

        public void Dispose() => Closed = true;
    }
}
