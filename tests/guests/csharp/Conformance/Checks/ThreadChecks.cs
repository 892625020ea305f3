namespace Hyperlight.Conformance.Checks;

internal static class ThreadChecks
{
    [ThreadStatic]
    private static int _own;

    public static Area Area => new("threads")
    {
        { "start and join", () => { int x = 0; Thread t = new(() => x = 42); t.Start(); t.Join(); return x; } },
        {
            "many threads", () =>
            {
                int n = 0;
                Thread[] ts = [.. Enumerable.Range(0, 20).Select(_ => new Thread(() => Interlocked.Increment(ref n)))];
                foreach (Thread t in ts)
                {
                    t.Start();
                }
                foreach (Thread t in ts)
                {
                    t.Join();
                }
                return n;
            }
        },
        {
            "thread after thread", () =>
            {
                int n = 0;
                for (int i = 0; i < 100; i++)
                {
                    Thread t = new(() => n++);
                    t.Start();
                    t.Join();
                }
                return n;
            }
        },
        { "parameter", () => { object? seen = null; Thread t = new(o => seen = o); t.Start("given"); t.Join(); return seen; } },
        {
            "name and state", () =>
            {
                Thread t = new(() => { }) { Name = "named", IsBackground = true };
                string before = t.ThreadState.ToString();
                t.Start();
                t.Join();
                return $"{t.Name} {before} {t.ThreadState} {t.IsAlive}";
            }
        },
        {
            "join with a timeout", () =>
            {
                using ManualResetEventSlim stop = new();
                Thread t = new(stop.Wait);
                t.Start();
                bool ended = t.Join(3);
                stop.Set();
                t.Join();
                return ended;
            }
        },
        {
            "own stack size", () =>
            {
                int depth = 0;
                Thread t = new(() => depth = Depth(1000), 1 << 20);
                t.Start();
                t.Join();
                return depth;
            }
        },
        {
            "thread statics", () =>
            {
                _own = 5;
                int other = -1;
                Thread t = new(() => { other = _own; _own = 9; });
                t.Start();
                t.Join();
                return $"{_own} {other}";
            }
        },
        {
            "lock", () =>
            {
                object gate = new();
                int n = 0;
                RunAll(8, () => { for (int i = 0; i < 100; i++) { lock (gate) { n++; } } });
                return n;
            }
        },
        {
            "lock object", () =>
            {
                Lock gate = new();
                int n = 0;
                RunAll(8, () => { for (int i = 0; i < 100; i++) { lock (gate) { n++; } } });
                return n;
            }
        },
        { "lock twice", () => { object gate = new(); lock (gate) { lock (gate) { return Monitor.IsEntered(gate); } } } },
        {
            "wait and pulse", () =>
            {
                object gate = new();
                string log = "";
                Thread t = new(() => { lock (gate) { log += "pulse "; Monitor.Pulse(gate); } });
                lock (gate)
                {
                    t.Start();
                    Monitor.Wait(gate);
                    log += "woken";
                }
                t.Join();
                return log;
            }
        },
        { "wait with a timeout", () => { object gate = new(); lock (gate) { return Monitor.Wait(gate, 2); } } },
        { "exit without a lock", () => { Monitor.Exit(new object()); return "not reached"; } },
        {
            "manual event", () =>
            {
                using ManualResetEvent e = new(false);
                ThreadPool.QueueUserWorkItem(_ => e.Set());
                return e.WaitOne(10000);
            }
        },
        { "auto event", () => { using AutoResetEvent e = new(true); return $"{e.WaitOne(0)} {e.WaitOne(0)}"; } },
        { "wait for any", () => { using ManualResetEvent a = new(false), b = new(true); return WaitHandle.WaitAny([a, b]); } },
        {
            "wait for all", () =>
            {
                using ManualResetEvent a = new(false), b = new(false);
                ThreadPool.QueueUserWorkItem(_ => { a.Set(); b.Set(); });
                return WaitHandle.WaitAll([a, b], 10000);
            }
        },
        {
            "mutex", () =>
            {
                using Mutex m = new();
                int n = 0;
                RunAll(4, () => { m.WaitOne(); int seen = n; Thread.Yield(); n = seen + 1; m.ReleaseMutex(); });
                return n;
            }
        },
        { "abandoned mutex", () => { using Mutex m = new(); RunAll(1, () => m.WaitOne()); return m.WaitOne(1000); } },
        { "semaphore", () => { using Semaphore s = new(1, 2); s.WaitOne(); return s.Release(2); } },
        { "semaphore over its maximum", () => { using SemaphoreSlim s = new(1, 1); s.Release(); return "not reached"; } },
        { "sleep", () => { long before = Environment.TickCount64; Thread.Sleep(20); return Environment.TickCount64 - before >= 15; } },
        {
            "interrupt", () =>
            {
                string seen = "";
                Thread t = new(() =>
                {
                    try
                    {
                        Thread.Sleep(Timeout.Infinite);
                    }
                    catch (ThreadInterruptedException)
                    {
                        seen = "interrupted";
                    }
                });
                t.Start();
                Thread.Sleep(2);
                t.Interrupt();
                t.Join();
                return seen;
            }
        },
        {
            "pool", () =>
            {
                using CountdownEvent c = new(50);
                int n = 0;
                for (int i = 0; i < 50; i++)
                {
                    ThreadPool.QueueUserWorkItem(_ => { Interlocked.Increment(ref n); c.Signal(); });
                }
                c.Wait();
                return n;
            }
        },
        { "pool thread", () => { bool pool = false; Task.Run(() => pool = Thread.CurrentThread.IsThreadPoolThread).Wait(); return pool; } },
        { "blocked pool grows", () => Task.WaitAll([.. Enumerable.Range(0, 6).Select(_ => Task.Run(() => Thread.Sleep(5)))], 10000) },
        {
            "managed id", () =>
            {
                int other = 0;
                RunAll(1, () => other = Environment.CurrentManagedThreadId);
                return other != Environment.CurrentManagedThreadId;
            }
        },
        {
            "registered wait", () =>
            {
                using ManualResetEvent e = new(false), done = new(false);
                ThreadPool.RegisterWaitForSingleObject(e, (_, late) => { if (!late) { done.Set(); } }, null, 10000, true);
                e.Set();
                return done.WaitOne(10000);
            }
        },
        {
            "synchronized method", () =>
            {
                Counter c = new();
                RunAll(4, () => { for (int i = 0; i < 50; i++) { c.Add(); } });
                return c.Count;
            }
        },
    };

    private static int Depth(int depth) => depth == 0 ? 0 : 1 + Depth(depth - 1);

    private static void RunAll(int count, ThreadStart body)
    {
        Thread[] threads = [.. Enumerable.Range(0, count).Select(_ => new Thread(body))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }
        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }

    private sealed class Counter
    {
        public int Count { get; private set; }

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.Synchronized)]
        public void Add() => Count++;
    }
}
