using System.Collections.Concurrent;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Watch;

/// <summary>
/// Tests timeouts while all threads of the pool are busy. No other tests run at the same time, because they would get no thread.
/// </summary>
[Collection(nameof(Alone))]
public class BusyPoolTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [KvmFact]
    public void Guests_that_occupy_the_whole_thread_pool_are_stopped_on_time()
    {
        ThreadPool.GetMinThreads(out int threads, out _);
        ThreadPool.GetMaxThreads(out int most, out int mostPorts);
        ConcurrentBag<Exception?> ends = [];
        using TestGuest guest = new("misbehave");
        Sandbox[] sandboxes = [.. Enumerable.Range(0, (4 * threads) + 4).Select(_ => guest.Start())];
        using CountdownEvent calls = new(sandboxes.Length);

        // Without a limit the pool would start more threads in time, and a timer that needs a thread would be late instead of never firing.
        // The limit is one more than the number of processors, because this test may run on a thread of the pool.
        Assert.True(ThreadPool.SetMaxThreads(threads + 1, mostPorts));
        try
        {
            for (int i = 0; i < sandboxes.Length; i++)
            {
                Sandbox sandbox = sandboxes[i];
                CallOptions options = new() { Timeout = TimeSpan.FromMilliseconds(300 - (20 * (i % 10))) };
                _ = Task.Run(
                    () =>
                    {
                        ends.Add(Thread.CurrentThread.IsThreadPoolThread ? Record.Exception(() => sandbox.Call("Spin", options)) : null);
                        calls.Signal();
                    },
                    CancellationToken.None);
            }

            bool ended = calls.Wait(Patience, CancellationToken.None);
            Array.ForEach(sandboxes, sandbox => sandbox.Dispose());
            calls.Wait(Patience, CancellationToken.None);

            Assert.True(ended);
            Assert.All(ends, end => Assert.IsType<TimeoutException>(end));
        }
        finally
        {
            ThreadPool.SetMaxThreads(most, mostPorts);
        }
    }

    [KvmFact]
    public async Task Deadlines_before_and_behind_each_other_are_kept_apart()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox late = guest.Start();
        using Sandbox early = guest.Start();
        using Sandbox endless = guest.Start();
        Task slow = Spin(late, TimeSpan.FromMinutes(10));
        Task forever = Spin(endless, Timeout.InfiniteTimeSpan);

        await Assert.ThrowsAsync<TimeoutException>(() => Spin(early, TimeSpan.FromMilliseconds(50)).WaitAsync(Patience));

        Assert.False(slow.IsCompleted);
        Assert.False(forever.IsCompleted);
        late.Dispose();
        endless.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => slow.WaitAsync(Patience));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => forever.WaitAsync(Patience));
    }

    private static Task<GuestValue> Spin(Sandbox sandbox, TimeSpan timeout) =>
        sandbox.CallAsync<GuestValue>("Spin", new CallOptions { Timeout = timeout });
}
