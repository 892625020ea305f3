using System.Runtime.CompilerServices;

namespace Hyperlight.Conformance.Checks;

internal static class AsyncChecks
{
    public static Area Area => new("async")
    {
        { "await completed task", async () => await Task.FromResult(7) + 1 },
        { "yield", async () => { await Task.Yield(); return "after"; } },
        { "delay", async () => { await Task.Delay(2); return "after"; } },
        { "when all keeps the order", async () => await Task.WhenAll(Enumerable.Range(0, 6).Select(SquareAsync)) },
        { "when any returns the first", async () => await await Task.WhenAny(LateAsync("late", 200), LateAsync("early", 0)) },
        { "exception", async () => { await FailAsync(); return "not reached"; } },
        { "exceptions of when all", async () => await CountFailuresAsync() },
        { "finally runs", async () => await FinallyAsync() },
        { "value task", async () => await new ValueTask<int>(3) + await new ValueTask<int>(SquareAsync(4)) },
        { "async stream", async () => await SumAsync(CountAsync(5)) },
        { "async dispose", async () => await DisposeAsync() },
        {
            "canceled delay", async () =>
            {
                using CancellationTokenSource stop = new(1);
                await Task.Delay(-1, stop.Token);
                return "not reached";
            }
        },
        { "canceled before", async () => { await Task.Delay(0, new CancellationToken(true)); return "not reached"; } },
        {
            "registration runs once", () =>
            {
                using CancellationTokenSource s = new();
                int n = 0;
                s.Token.Register(() => n++);
                s.Cancel();
                s.Cancel();
                return n;
            }
        },
        {
            "linked source", () =>
            {
                using CancellationTokenSource a = new(), b = CancellationTokenSource.CreateLinkedTokenSource(a.Token);
                a.Cancel();
                return b.IsCancellationRequested;
            }
        },
        {
            "completion source", async () =>
            {
                TaskCompletionSource<int> s = new();
                ThreadPool.QueueUserWorkItem(_ => s.SetResult(5));
                return await s.Task;
            }
        },
        { "continue with", async () => await Task.Run(() => 20).ContinueWith(t => t.Result + 1, TaskScheduler.Default) },
        { "task run", async () => await Task.Run(() => Enumerable.Range(1, 100).Sum()) },
        { "nested runs", async () => await Task.Run(() => Task.Run(() => Task.Run(() => "inner"))) },
        { "wait async with timeout", async () => { await Task.Delay(-1).WaitAsync(TimeSpan.FromMilliseconds(2)); return "not reached"; } },
        { "async local flows", async () => { AsyncLocal<int> local = new() { Value = 4 }; return await Task.Run(() => local.Value); } },
        {
            "async local does not flow back", async () =>
            {
                AsyncLocal<int> local = new() { Value = 4 };
                await Task.Run(() => local.Value = 9);
                return local.Value;
            }
        },
        { "a thousand tasks", async () => (await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(() => i)))).Sum() },
        { "deep recursion of awaits", async () => await DepthAsync(500) },
        { "semaphore as a lock", async () => await CountWithSemaphoreAsync() },
        {
            "when each", async () =>
            {
                int sum = 0;
                await foreach (Task<int> done in Task.WhenEach(SquareAsync(1), SquareAsync(2), SquareAsync(3)))
                {
                    sum += await done;
                }
                return sum;
            }
        },
        {
            "unwrap",
            async () => await Task.Factory.StartNew(() => SquareAsync(9), default, TaskCreationOptions.None, TaskScheduler.Default).Unwrap()
        },
        {
            "long running task",
            async () => await Task.Factory.StartNew(() => "own thread", default, TaskCreationOptions.LongRunning, TaskScheduler.Default)
        },
    };

    private static async Task<int> SquareAsync(int value)
    {
        await Task.Delay(6 - Math.Min(value, 5));
        return value * value;
    }

    private static async Task<string> LateAsync(string text, int milliseconds)
    {
        await Task.Delay(milliseconds);
        return text;
    }

    private static async Task FailAsync()
    {
        await Task.Yield();
        throw new InvalidDataException();
    }

    private static async Task<int> CountFailuresAsync()
    {
        Task all = Task.WhenAll(FailAsync(), FailAsync(), Task.CompletedTask);
        try
        {
            await all;
        }
        catch (InvalidDataException)
        {
            return all.Exception!.InnerExceptions.Count;
        }
        return 0;
    }

    private static async Task<string> FinallyAsync()
    {
        string log = "";
        try
        {
            try
            {
                await FailAsync();
            }
            finally
            {
                await Task.Yield();
                log += "finally ";
            }
        }
        catch (InvalidDataException)
        {
            await Task.Yield();
            log += "catch";
        }
        return log;
    }

    private static async IAsyncEnumerable<int> CountAsync(int count, [EnumeratorCancellation] CancellationToken stop = default)
    {
        for (int i = 1; i <= count; i++)
        {
            await Task.Delay(1, stop);
            yield return i;
        }
    }

    private static async Task<int> SumAsync(IAsyncEnumerable<int> numbers)
    {
        int sum = 0;
        await foreach (int number in numbers)
        {
            sum += number;
        }
        return sum;
    }

    private static async Task<string> DisposeAsync()
    {
        Closing closing = new();
        await using (closing)
        {
            closing.Log += "used ";
        }
        return closing.Log;
    }

    private static async Task<int> DepthAsync(int depth)
    {
        if (depth == 0)
        {
            await Task.Yield();
            return 0;
        }
        return 1 + await DepthAsync(depth - 1);
    }

    private static async Task<int> CountWithSemaphoreAsync()
    {
        using SemaphoreSlim gate = new(1);
        int count = 0;
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            await gate.WaitAsync();
            int seen = count;
            await Task.Yield();
            count = seen + 1;
            gate.Release();
        }));
        return count;
    }

    private sealed class Closing : IAsyncDisposable
    {
        public string Log { get; set; } = "";

        public async ValueTask DisposeAsync()
        {
            await Task.Yield();
            Log += "disposed";
        }
    }
}
