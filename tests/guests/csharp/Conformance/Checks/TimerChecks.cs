namespace Hyperlight.Conformance.Checks;

internal static class TimerChecks
{
    public static Area Area => new("timers")
    {
        {
            "once", () =>
            {
                using ManualResetEventSlim e = new();
                using Timer t = new(_ => e.Set(), null, 2, Timeout.Infinite);
                return e.Wait(10000);
            }
        },
        {
            "several times", () =>
            {
                using CountdownEvent c = new(3);
                using Timer t = new(_ => { if (!c.IsSet) { c.Signal(); } }, null, 1, 2);
                return c.Wait(10000);
            }
        },
        {
            "changed", () =>
            {
                using ManualResetEventSlim e = new();
                using Timer t = new(_ => e.Set());
                t.Change(1, Timeout.Infinite);
                return e.Wait(10000);
            }
        },
        { "stopped", () => { int n = 0; Timer t = new(_ => n++, null, 500, Timeout.Infinite); t.Dispose(); Thread.Sleep(5); return n; } },
        {
            "periodic", async () =>
            {
                using PeriodicTimer t = new(TimeSpan.FromMilliseconds(1));
                int n = 0;
                while (n < 3 && await t.WaitForNextTickAsync())
                {
                    n++;
                }
                return n;
            }
        },
        {
            "system timer", () =>
            {
                using ManualResetEventSlim e = new();
                using System.Timers.Timer t = new(1) { AutoReset = false };
                t.Elapsed += (_, _) => e.Set();
                t.Start();
                return e.Wait(10000);
            }
        },
        {
            "order of delays", async () =>
            {
                List<int> order = [];
                await Task.WhenAll(((int[])[60, 1, 30]).Select(async d => { await Task.Delay(d); lock (order) { order.Add(d); } }));
                return order;
            }
        },
        { "cancel after", () => { using CancellationTokenSource s = new(); s.CancelAfter(2); return s.Token.WaitHandle.WaitOne(10000); } },
        { "many delays", async () => { await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Delay(i % 5))); return "all"; } },
    };
}
