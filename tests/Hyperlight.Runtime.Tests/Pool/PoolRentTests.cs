namespace Hyperlight.Runtime.Tests.Pool;

/// <summary>Tests who gets a sandbox of a pool, when, and in which state.</summary>
public sealed class PoolRentTests : IDisposable
{
    private readonly PoolGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    [KvmFact]
    public async Task What_a_tenant_wrote_is_gone_for_the_next_one()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        for (int tenant = 1; tenant <= 3; tenant++)
        {
            using SandboxLease lease = await pool.RentAsync(TestCanceled);
            Assert.Equal((PoolGuest.Untouched, 0), (PoolGuest.Word(lease), lease.Sandbox.Call<int>("BssWord")));
            lease.Sandbox.Call("SetDataWord", tenant);
            lease.Sandbox.Call("SetBssWord", tenant);
        }

        Assert.Equal(1, _guest.Attempts);
    }

    [KvmFact]
    public async Task Whoever_keeps_the_sandbox_of_an_ended_lease_finds_it_disposed_and_the_next_tenant_does_not_notice()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        SandboxLease ended = await pool.RentAsync(TestCanceled);
        Sandbox kept = ended.Sandbox;
        using Snapshot before = kept.TakeSnapshot();
        ended.Dispose();
        using SandboxLease next = await pool.RentAsync(TestCanceled);
        next.Sandbox.Call("SetDataWord", 7);

        Assert.Equal(SandboxState.Disposed, kept.State);
        Assert.Throws<ObjectDisposedException>(() => kept.Call<int>("DataWord"));
        Assert.Throws<ObjectDisposedException>(() => kept.Restore(before));
        Assert.Throws<ObjectDisposedException>(() => kept.TakeSnapshot());
        kept.Dispose();

        Assert.Equal((7, SandboxState.Ready), (PoolGuest.Word(next), next.Sandbox.State));
    }

    [KvmFact]
    public async Task A_snapshot_that_a_tenant_takes_is_the_tenants_own()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        for (int tenant = 1; tenant <= 3; tenant++)
        {
            using SandboxLease lease = await pool.RentAsync(TestCanceled);
            using Snapshot snapshot = lease.Sandbox.TakeSnapshot();
            lease.Sandbox.Call("SetDataWord", tenant);
            lease.Sandbox.Restore(snapshot);
            Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(lease));
        }

        Assert.Equal(1, _guest.Attempts);
    }

    [KvmFact]
    public async Task A_lease_ends_once()
    {
        using SandboxPool pool = _guest.Open(maxCount: 2);
        SandboxLease lease = await pool.RentAsync(TestCanceled);
        using SandboxLease other = await pool.RentAsync(TestCanceled);

        lease.Dispose();
        lease.Dispose();

        Assert.Throws<ObjectDisposedException>(() => lease.Sandbox);
        Assert.Equal((1, 1), (pool.ReadyCount, pool.RentedCount));
    }

    [KvmFact]
    public async Task Sandboxes_are_created_ahead_up_to_the_number_asked_for_and_the_limit()
    {
        using SandboxPool pool = _guest.Open(maxCount: 3, readyCount: 2);
        await PoolGuest.Until(() => pool.ReadyCount == 2);

        using SandboxLease first = await pool.RentAsync(TestCanceled);
        await PoolGuest.Until(() => pool.ReadyCount == 2);
        using SandboxLease second = await pool.RentAsync(TestCanceled);

        Assert.Equal((1, 2, 3), (pool.ReadyCount, pool.RentedCount, _guest.Attempts));
        Assert.Equal("misbehave (1 ready, 2 rented, 0 waiting)", pool.ToString());
    }

    [KvmFact]
    public async Task There_are_never_more_than_the_limit_however_many_want_one()
    {
        const int Limit = 4;
        using SandboxPool pool = _guest.Open(Limit);
        int inside = 0;
        int most = 0;

        async Task Tenant(int number)
        {
            for (int i = 0; i < 5; i++)
            {
                using SandboxLease lease = await pool.RentAsync(TestCanceled);
                int now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(lease));
                lease.Sandbox.Call("SetDataWord", number);
                Interlocked.Decrement(ref inside);
            }
        }

        await Task.WhenAll(Enumerable.Range(100, 32).Select(number => Task.Run(() => Tenant(number), TestCanceled)));

        Assert.InRange(most, 1, Limit);
        Assert.InRange(_guest.Attempts, 1, Limit);
        Assert.Equal((_guest.Attempts, 0, 0), (pool.ReadyCount, pool.RentedCount, pool.WaitingCount));
    }

    [KvmFact]
    public async Task Who_has_waited_longest_is_served_first()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        SandboxLease lease = await pool.RentAsync(TestCanceled);
        Task<SandboxLease>[] waiters = [.. Enumerable.Range(0, 4).Select(_ => pool.RentAsync(TestCanceled).AsTask())];

        for (int i = 0; i < waiters.Length; i++)
        {
            Assert.Equal(waiters.Length - i, pool.WaitingCount);
            lease.Dispose();
            lease = await waiters[i].WaitAsync(PoolGuest.Patience, TestCanceled);
            Assert.All(waiters.Skip(i + 1), waiter => Assert.False(waiter.IsCompleted));
        }

        lease.Dispose();
        Assert.Equal((1, 0, 0), (pool.ReadyCount, pool.RentedCount, pool.WaitingCount));
    }

    [KvmFact]
    public async Task Who_gives_up_waiting_leaves_the_place_to_the_next()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        using CancellationTokenSource source = new();
        SandboxLease lease = await pool.RentAsync(TestCanceled);
        Task<SandboxLease> impatient = pool.RentAsync(source.Token).AsTask();
        Task<SandboxLease> patient = pool.RentAsync(TestCanceled).AsTask();

        await source.CancelAsync();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        Assert.Equal((source.Token, 1), (exception.CancellationToken, pool.WaitingCount));
        lease.Dispose();

        (await patient.WaitAsync(PoolGuest.Patience, TestCanceled)).Dispose();
        Assert.Equal((1, 0), (pool.ReadyCount, pool.RentedCount));
    }

    [KvmFact]
    public async Task A_sandbox_that_was_handed_over_is_not_lost_to_a_late_cancellation()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        using CancellationTokenSource source = new();
        SandboxLease lease = await pool.RentAsync(TestCanceled);
        Task<SandboxLease> waiter = pool.RentAsync(source.Token).AsTask();

        lease.Dispose();
        await source.CancelAsync();

        using SandboxLease served = await waiter;
        Assert.Equal((PoolGuest.Untouched, 1), (PoolGuest.Word(served), pool.RentedCount));
    }

    [KvmFact]
    public async Task A_token_cancelled_before_gets_no_sandbox_even_where_one_is_ready()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        (await pool.RentAsync(TestCanceled)).Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pool.RentAsync(new(canceled: true)).AsTask());

        Assert.Equal((1, 0), (pool.ReadyCount, pool.RentedCount));
    }

    [KvmFact]
    public async Task Cancellations_and_ruined_sandboxes_at_any_moment_leave_a_whole_pool()
    {
        const int Limit = 3;
        using SandboxPool pool = _guest.Open(Limit);

        async Task Tenant(int number)
        {
            Random random = new(number);
            for (int i = 0; i < 20; i++)
            {
                using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(TestCanceled);
                Task<SandboxLease> rent = pool.RentAsync(source.Token).AsTask();
                Thread.SpinWait(random.Next(20_000));
                if (random.Next(2) == 0)
                {
                    await source.CancelAsync();
                }

                try
                {
                    using SandboxLease lease = await rent;
                    Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(lease));
                    lease.Sandbox.Call("SetDataWord", number);
                    if (random.Next(10) == 0)
                    {
                        PoolGuest.Ruin(lease.Sandbox);
                    }
                }
                catch (OperationCanceledException) when (!TestCanceled.IsCancellationRequested)
                {
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(100, 8).Select(number => Task.Run(() => Tenant(number), TestCanceled)));

        Assert.Equal((0, 0), (pool.RentedCount, pool.WaitingCount));
        SandboxLease[] all = [await pool.RentAsync(TestCanceled), await pool.RentAsync(TestCanceled), await pool.RentAsync(TestCanceled)];
        Assert.All(all, lease => Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(lease)));
        Assert.Equal((0, Limit), (pool.ReadyCount, pool.RentedCount));
        Array.ForEach(all, lease => lease.Dispose());
    }

    [KvmTheory]
    [InlineData(0, 0)]
    [InlineData(1, -1)]
    [InlineData(1, 2)]
    public void Counts_out_of_their_range_are_refused(int maxCount, int readyCount) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _guest.Open(maxCount, readyCount));

    private static void InterlockedMax(ref int most, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, value, seen) != seen)
        {
        }
    }
}
