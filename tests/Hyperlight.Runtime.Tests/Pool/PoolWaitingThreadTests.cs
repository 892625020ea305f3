namespace Hyperlight.Runtime.Tests.Pool;

/// <summary>Tests the threads that wait for a sandbox of a pool.</summary>
public sealed class PoolWaitingThreadTests : IDisposable
{
    private readonly PoolGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    [KvmFact]
    public void A_thread_rents_a_ready_sandbox_and_then_one_that_is_created()
    {
        using SandboxPool pool = _guest.Open(maxCount: 2, readyCount: 0);
        using SandboxLease first = pool.Rent(TestCanceled);
        using SandboxLease second = pool.Rent(TestCanceled);

        Assert.Equal((PoolGuest.Untouched, PoolGuest.Untouched), (PoolGuest.Word(first), PoolGuest.Word(second)));
    }

    [KvmFact]
    public async Task A_thread_waits_until_a_sandbox_is_returned()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        SandboxLease held = pool.Rent(TestCanceled);
        Task<int> waiter = OnThread(() =>
        {
            using SandboxLease lease = pool.Rent(TestCanceled);
            return PoolGuest.Word(lease);
        });
        await PoolGuest.Until(() => pool.WaitingCount == 1);
        held.Sandbox.Call("SetDataWord", 1);

        held.Dispose();

        Assert.Equal(PoolGuest.Untouched, await waiter);
        Assert.Equal((1, 0, 0), (pool.ReadyCount, pool.RentedCount, pool.WaitingCount));
    }

    [KvmTheory]
    [InlineData("token", typeof(TaskCanceledException))]
    [InlineData("disposal", typeof(ObjectDisposedException))]
    [InlineData("interruption", typeof(ThreadInterruptedException))]
    public async Task A_thread_that_stops_waiting_leaves_no_place_behind(string stop, Type expected)
    {
        using CancellationTokenSource source = new();
        using SandboxPool pool = _guest.Open(maxCount: 1);
        using SandboxLease held = pool.Rent(TestCanceled);
        Thread? thread = null;
        Task<SandboxLease> waiter = OnThread(() =>
        {
            thread = Thread.CurrentThread;
            return pool.Rent(source.Token);
        });
        await PoolGuest.Until(() => pool.WaitingCount == 1);

        switch (stop)
        {
            case "token":
                await source.CancelAsync();
                break;
            case "disposal":
                pool.Dispose();
                break;
            default:
                thread!.Interrupt();
                break;
        }

        Assert.IsType(expected, await Record.ExceptionAsync(() => waiter));
        Assert.Equal((1, 0), (pool.RentedCount, pool.WaitingCount));
    }

    private static Task<T> OnThread<T>(Func<T> run) =>
        Task.Factory.StartNew(run, TestCanceled, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
