namespace Hyperlight.Runtime.Tests.Pool;

/// <summary>Tests sandboxes that are returned broken to a pool, and pools that cannot create new sandboxes.</summary>
public sealed class PoolFailureTests : IDisposable
{
    private static readonly CallOptions Forever = new() { Timeout = Timeout.InfiniteTimeSpan };

    private readonly PoolGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    [KvmFact]
    public async Task A_poisoned_sandbox_is_healed_and_not_replaced()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        using (SandboxLease lease = await pool.RentAsync(TestCanceled))
        {
            Assert.Throws<GuestAbortedException>(() => lease.Sandbox.Call("Abort", 1, "x"));
            Assert.Equal(SandboxState.Poisoned, lease.Sandbox.State);
        }

        using SandboxLease next = await pool.RentAsync(TestCanceled);
        Assert.Equal((PoolGuest.Untouched, 1), (PoolGuest.Word(next), _guest.Attempts));
    }

    [KvmFact]
    public async Task An_unrecoverable_sandbox_is_replaced()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        using (SandboxLease lease = await pool.RentAsync(TestCanceled))
        {
            PoolGuest.Ruin(lease.Sandbox);
        }

        using SandboxLease next = await pool.RentAsync(TestCanceled);
        Assert.Equal((PoolGuest.Untouched, 2), (PoolGuest.Word(next), _guest.Attempts));
    }

    [KvmFact]
    public async Task A_sandbox_that_its_tenant_disposed_is_replaced()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        using (SandboxLease lease = await pool.RentAsync(TestCanceled))
        {
            lease.Sandbox.Dispose();
        }

        using SandboxLease next = await pool.RentAsync(TestCanceled);
        Assert.Equal((PoolGuest.Untouched, 2), (PoolGuest.Word(next), _guest.Attempts));
    }

    [KvmFact]
    public async Task A_waiter_gets_the_replacement_of_a_ruined_sandbox()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        SandboxLease lease = await pool.RentAsync(TestCanceled);
        Task<SandboxLease> waiter = pool.RentAsync(TestCanceled).AsTask();
        PoolGuest.Ruin(lease.Sandbox);

        lease.Dispose();

        using SandboxLease next = await waiter;
        Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(next));
    }

    [KvmFact]
    public async Task A_call_that_is_still_running_is_stopped_and_nobody_waits_for_it()
    {
        using SemaphoreSlim entered = new(0);
        using SemaphoreSlim release = new(0);
        using SandboxPool pool = _guest.Open(
            maxCount: 1,
            configure: options => options.HostFunctions.Add("Block", () =>
            {
                entered.Release();
                release.Wait(TestCanceled);
            }));
        SandboxLease lease = await pool.RentAsync(TestCanceled);
        Task<GuestValue> call = lease.Sandbox.CallAsync<GuestValue>("SpinInHostCall", Forever);
        await entered.WaitAsync(TestCanceled);

        lease.Dispose();
        using SandboxLease next = await pool.RentAsync(TestCanceled);

        Assert.Equal((PoolGuest.Untouched, 2), (PoolGuest.Word(next), _guest.Attempts));
        Assert.False(call.IsCompleted);
        release.Release();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
    }

    [KvmFact]
    public async Task A_start_that_fails_is_its_renters_exception_and_the_next_rent_tries_again()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        _guest.Obstacle = new InsufficientMemoryException();

        Assert.Same(_guest.Obstacle, await Record.ExceptionAsync(() => pool.RentAsync(TestCanceled).AsTask()));
        Assert.Equal((0, 0, 0, 1), (pool.ReadyCount, pool.RentedCount, pool.WaitingCount, _guest.Attempts));

        _guest.Obstacle = null;
        using SandboxLease lease = await pool.RentAsync(TestCanceled);
        Assert.Equal((PoolGuest.Untouched, 2), (PoolGuest.Word(lease), _guest.Attempts));
    }

    [KvmFact]
    public async Task Everybody_who_waits_for_a_replacement_that_cannot_be_created_learns_it_and_the_pool_heals()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        SandboxLease lease = await pool.RentAsync(TestCanceled);
        Task<SandboxLease>[] waiters = [.. Enumerable.Range(0, 3).Select(_ => pool.RentAsync(TestCanceled).AsTask())];
        PoolGuest.Ruin(lease.Sandbox);
        _guest.Obstacle = new InsufficientMemoryException();

        lease.Dispose();

        foreach (Task<SandboxLease> waiter in waiters)
        {
            Assert.Same(_guest.Obstacle, await Record.ExceptionAsync(() => waiter));
        }

        Assert.Equal((0, 0, 0, 4), (pool.ReadyCount, pool.RentedCount, pool.WaitingCount, _guest.Attempts));
        _guest.Obstacle = null;
        using SandboxLease healed = await pool.RentAsync(TestCanceled);
        Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(healed));
    }

    [KvmFact]
    public async Task What_cannot_be_created_ahead_is_not_tried_again_until_somebody_comes()
    {
        _guest.Obstacle = new InsufficientMemoryException();
        SandboxPool pool = _guest.Open(maxCount: 4, readyCount: 4);
        await PoolGuest.Until(() => _guest.Attempts > 0);

        Assert.Same(_guest.Obstacle, await Record.ExceptionAsync(() => pool.RentAsync(TestCanceled).AsTask()));
        await pool.DisposeAsync();

        // The rent may have arrived before the first attempt.
        Assert.InRange(_guest.Attempts, 1, 2);
    }

    [KvmFact]
    public async Task A_sandbox_that_cannot_be_set_back_is_not_rented_again_and_another_is_made_though_the_snapshot_s_owner_disposed_it()
    {
        using Sandbox sandbox = _guest.Image.CreateSandbox();
        Snapshot snapshot = sandbox.TakeSnapshot();
        using SandboxPool pool = _guest.Open(maxCount: 1, snapshot: snapshot);
        SandboxLease lease = await pool.RentAsync(TestCanceled);
        Sandbox used = lease.Sandbox;

        snapshot.Dispose();
        PoolGuest.Ruin(used);
        lease.Dispose();

        Assert.Equal((SandboxState.Disposed, 0, 0), (used.State, pool.ReadyCount, pool.RentedCount));
        using SandboxLease next = await pool.RentAsync(TestCanceled);
        Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(next));
    }
}
