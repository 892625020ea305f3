namespace Hyperlight.Conformance.Checks;

internal static class ConcurrencyChecks
{
    public static Area Area => new("concurrency")
    {
        { "parallel for", () => { long sum = 0; Parallel.For(0, 1000, i => Interlocked.Add(ref sum, i)); return sum; } },
        {
            "parallel for with local state", () =>
            {
                long sum = 0;
                Parallel.For(0, 1000, () => 0L, (i, _, s) => s + i, s => Interlocked.Add(ref sum, s));
                return sum;
            }
        },
        {
            "parallel for each", () =>
            {
                int n = 0;
                Parallel.ForEach(Enumerable.Range(0, 200), _ => Interlocked.Increment(ref n));
                return n;
            }
        },
        {
            "parallel for each, async", async () =>
            {
                int n = 0;
                await Parallel.ForEachAsync(Enumerable.Range(0, 50), async (_, stop) =>
                {
                    await Task.Delay(1, stop);
                    Interlocked.Increment(ref n);
                });
                return n;
            }
        },
        { "parallel invoke", () => { int a = 0, b = 0; Parallel.Invoke(() => a = 1, () => b = 2); return a + b; } },
        { "parallel exception", () => { Parallel.For(0, 4, i => throw new InvalidDataException()); return "not reached"; } },
        { "parallel break", () => Parallel.For(0, 100, (i, state) => { if (i == 0) { state.Break(); } }).LowestBreakIteration },
        { "parallel query", () => Enumerable.Range(0, 1000).AsParallel().Where(i => i % 7 == 0).Select(i => i * 2).Sum() },
        { "ordered parallel query", () => Enumerable.Range(0, 20).AsParallel().AsOrdered().Select(i => i * i).ToArray() },
        { "compare exchange", () => { int x = 5; int before = Interlocked.CompareExchange(ref x, 9, 5); return $"{before} {x}"; } },
        { "exchange of references", () => { string x = "a"; return Interlocked.Exchange(ref x, "b") + x; } },
        { "interlocked bits", () => { int x = 0b1100; Interlocked.And(ref x, 0b0110); Interlocked.Or(ref x, 1); return x; } },
        { "64-bit interlocked", () => { long x = long.MaxValue; Interlocked.Increment(ref x); return x; } },
        {
            "lazy is created once", () =>
            {
                int n = 0;
                Lazy<int> lazy = new(() => Interlocked.Increment(ref n));
                Parallel.For(0, 10, _ => _ = lazy.Value);
                return n;
            }
        },
        {
            "lazy keeps its exception", () =>
            {
                int n = 0;
                Lazy<int> lazy = new(() => { n++; throw new InvalidDataException(); });
                for (int i = 0; i < 3; i++)
                {
                    try
                    {
                        _ = lazy.Value;
                    }
                    catch (InvalidDataException)
                    {
                    }
                }
                return n;
            }
        },
        { "lazy initializer", () => { string? s = null; return LazyInitializer.EnsureInitialized(ref s, () => "made"); } },
        {
            "countdown", () =>
            {
                using CountdownEvent c = new(5);
                for (int i = 0; i < 5; i++)
                {
                    ThreadPool.QueueUserWorkItem(_ => c.Signal());
                }
                return c.Wait(10000);
            }
        },
        {
            "barrier", () =>
            {
                using Barrier b = new(3);
                int n = 0;
                void Arrive()
                {
                    Interlocked.Increment(ref n);
                    b.SignalAndWait();
                }
                Task.WaitAll([.. Enumerable.Range(0, 3).Select(_ =>
                    Task.Factory.StartNew(Arrive, default, TaskCreationOptions.LongRunning, TaskScheduler.Default))]);
                return n;
            }
        },
        {
            "reader-writer lock", () =>
            {
                using ReaderWriterLockSlim l = new();
                int n = 0;
                Parallel.For(0, 100, i =>
                {
                    if (i % 10 == 0)
                    {
                        l.EnterWriteLock();
                        n++;
                        l.ExitWriteLock();
                    }
                    else
                    {
                        l.EnterReadLock();
                        _ = n;
                        l.ExitReadLock();
                    }
                });
                return n;
            }
        },
        {
            "exclusive scheduler", async () =>
            {
                ConcurrentExclusiveSchedulerPair pair = new();
                int n = 0;
                await Task.WhenAll(Enumerable.Range(0, 100).Select(_ =>
                    Task.Factory.StartNew(() => n++, default, TaskCreationOptions.None, pair.ExclusiveScheduler)));
                return n;
            }
        },
        {
            "spin wait", () =>
            {
                int n = 0;
                Task.Run(() => Volatile.Write(ref n, 1));
                SpinWait.SpinUntil(() => Volatile.Read(ref n) == 1);
                return n;
            }
        },
        {
            "thread local", () =>
            {
                using ThreadLocal<int> local = new(() => 5);
                int other = 0;
                Thread t = new(() => other = local.Value++ + local.Value);
                t.Start();
                t.Join();
                return $"{local.Value} {other}";
            }
        },
    };
}
