using System.Runtime.ExceptionServices;
using Hyperlight.Concurrency;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Runtime.Tests.Pool;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>
/// Tests <see cref="Thread.Interrupt"/>: it ends waits of the program, and it never ends a step that a sandbox has to finish. No other
/// tests run at the same time, because the tests count the files of the whole process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class InterruptedThreadTests
{
    private const int Rounds = 35;

    [KvmFact]
    public void A_call_that_is_stopped_while_its_thread_is_interrupted_leaves_its_sandbox_as_any_other()
    {
        using TestGuest guest = new("misbehave");
        HostState before = HostState.Now();
        using (Sandbox sandbox = guest.Start())
        using (Snapshot snapshot = sandbox.TakeSnapshot())
        {
            // The watching threads take the sandbox's lock, so that the call sometimes has to wait for the lock.
            using CancellationTokenSource end = new();
            Thread[] watchers = [.. Enumerable.Range(0, 3).Select(_ => Begin(() => Watch(sandbox, end.Token), out Func<Exception?> _))];
            for (int i = 0; i < Rounds; i++)
            {
                OnThread(() =>
                {
                    Thread.CurrentThread.Interrupt();
                    Assert.Throws<TimeoutException>(() => sandbox.Call("Spin", new CallOptions { Timeout = TimeSpan.FromMilliseconds(5) }));
                    Assert.Equal(SandboxState.Poisoned, sandbox.State);
                    sandbox.Restore(snapshot);
                    Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(PoolGuest.Patience));
                });
            }

            end.Cancel();
            Assert.All(watchers, watcher => Assert.True(watcher.Join(PoolGuest.Patience)));
            Assert.Equal(42, sandbox.Call<int>("DataWord"));
        }

        Assert.Equal(before, HostState.Now());
    }

    [KvmFact]
    public async Task Interrupts_at_any_time_leave_sandboxes_and_pools_in_a_state_they_know()
    {
        using TestGuest guest = new("misbehave");
        HostState before = HostState.Now();
        SandboxPool pool = new(guest.Image, options => (options.MaxCount, options.ReadyCount, options.Configure) = (2, 2, Quiet));
        await PoolGuest.Until(() => pool.ReadyCount == 2);
        Random random = new(20261128);
        for (int i = 0; i < Rounds; i++)
        {
            using ManualResetEventSlim begun = new();
            int delay = random.Next(3000);
            Thread worker = Begin(() => Work(pool, begun), out Func<Exception?> failure);
            begun.Wait(TestCanceled);
            for (int interrupt = 0; interrupt < 5; interrupt++)
            {
                Thread.SpinWait(delay);
                worker.Interrupt();
            }

            Assert.True(worker.Join(PoolGuest.Patience));
            Assert.Null(failure());
            await PoolGuest.Until(() => pool.RentedCount == 0 && pool.ReadyCount > 0);
        }

        using (SandboxLease lease = await pool.RentAsync(TestCanceled))
        {
            Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(lease));
        }

        await pool.DisposeAsync();
        Assert.Equal(before, HostState.Now());
    }

    [Fact]
    public void A_steady_lock_is_entered_by_a_thread_that_is_interrupted_while_it_waits()
    {
        SteadyLock steady = new();
        using ManualResetEventSlim waits = new();
        bool entered = false;
        Thread waiter;
        Func<Exception?> failure;
        using (steady.Enter())
        {
            waiter = Begin(
                () =>
                {
                    waits.Set();
                    using (steady.Enter())
                    {
                        entered = true;
                    }

                    Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(PoolGuest.Patience));
                },
                out failure);
            waits.Wait(TestCanceled);
            waiter.Interrupt();
            Assert.False(waiter.Join(50));
            Assert.False(entered);
        }

        Assert.True(waiter.Join(PoolGuest.Patience));
        Assert.Null(failure());
        Assert.True(entered);
    }

    private static void Watch(Sandbox sandbox, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            _ = sandbox.State;
        }
    }

    // Every rented sandbox is returned to the pool.
    private static void Work(SandboxPool pool, ManualResetEventSlim begun)
    {
        begun.Set();
        for (int i = 0; i < 3; i++)
        {
            ValueTask<SandboxLease> renting = pool.RentAsync(TestCanceled);
            if (!renting.IsCompletedSuccessfully)
            {
                // The return of the other sandbox is still under way.
                renting.AsTask().ContinueWith(
                    static lease => lease.Result.Dispose(),
                    TestCanceled,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
                continue;
            }

            using SandboxLease lease = renting.Result;
            Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(lease));
            Assert.Throws<TimeoutException>(() => lease.Sandbox.Call("Spin", new CallOptions { Timeout = TimeSpan.FromMilliseconds(1) }));
        }
    }

    private static void Quiet(SandboxOptions options) => (options.Print, options.DebugPrint) = (TextWriter.Null, TextWriter.Null);

    private static void OnThread(Action action)
    {
        Thread thread = Begin(action, out Func<Exception?> failure);
        Assert.True(thread.Join(PoolGuest.Patience));
        if (failure() is { } exception)
        {
            ExceptionDispatchInfo.Throw(exception);
        }
    }

    private static Thread Begin(Action action, out Func<Exception?> failure)
    {
        Exception? thrown = null;
        Thread thread = new(() => thrown = Record.Exception(action));
        thread.Start();
        failure = () => thrown;
        return thread;
    }
}
