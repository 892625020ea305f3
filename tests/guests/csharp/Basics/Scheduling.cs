using System.Collections.Concurrent;

namespace Basics;

/// <summary>Uses threads, tasks and timers.</summary>
internal static class Scheduling
{
    public static string Async()
    {
        static async Task<int> Square(int number)
        {
            await Task.Delay(number);
            await Task.Yield();
            return number * number;
        }

        return string.Join(',', Task.WhenAll(Enumerable.Range(0, 5).Select(Square)).GetAwaiter().GetResult());
    }

    public static string Thread()
    {
        int seen = 0;
        ThreadLocal<int> own = new(() => 1);
        own.Value = 7;
        System.Threading.Thread thread = new(() => seen = 41 + own.Value);
        thread.Start();
        thread.Join();
        return $"{seen} {own.Value}";
    }

    public static string Tasks()
    {
        using BlockingCollection<int> queue = [];
        Task<int> sum = Task.Run(() => queue.GetConsumingEnumerable().Sum());
        Task.WaitAll([.. Enumerable.Range(0, 8).Select(i => Task.Run(() => queue.Add(i)))]);
        queue.CompleteAdding();
        return $"{sum.Result}";
    }

    public static string Parallel()
    {
        long sum = 0;
        System.Threading.Tasks.Parallel.For(0, 1000, i => Interlocked.Add(ref sum, i));
        return $"{sum}";
    }

    public static string Timer()
    {
        using CountdownEvent ticks = new(3);
        using (Timer timer = new(_ => { if (!ticks.IsSet) ticks.Signal(); }, null, 1, 1))
        {
            return ticks.Wait(TimeSpan.FromSeconds(20)) ? "three ticks" : "too few ticks";
        }
    }

    public static string Cancel()
    {
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(5));
        try
        {
            Task.Delay(Timeout.Infinite, source.Token).GetAwaiter().GetResult();
            return "not cancelled";
        }
        catch (OperationCanceledException)
        {
            return "cancelled";
        }
    }

    public static string Lock()
    {
        object gate = new();
        int count = 0;
        System.Threading.Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new System.Threading.Thread(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                lock (gate)
                {
                    int seen = count;
                    System.Threading.Thread.Yield();
                    count = seen + 1;
                }
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return $"{count}";
    }
}
