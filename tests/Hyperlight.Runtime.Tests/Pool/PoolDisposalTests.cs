using Hyperlight.Elf;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Pool;

/// <summary>Tests the disposal of pools in every state.</summary>
public sealed class PoolDisposalTests : IDisposable
{
    private readonly PoolGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    [KvmFact]
    public async Task A_rented_sandbox_works_until_it_is_returned()
    {
        SandboxPool pool = _guest.Open(maxCount: 2);
        SandboxLease lease = await pool.RentAsync(TestCanceled);
        Sandbox sandbox = lease.Sandbox;

        pool.Dispose();
        pool.Dispose();

        Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(lease));
        lease.Dispose();
        Assert.Equal(SandboxState.Disposed, sandbox.State);
        Assert.Equal((0, 0, 0), (pool.ReadyCount, pool.RentedCount, pool.WaitingCount));
    }

    [KvmFact]
    public async Task Nobody_rents_any_more_and_who_waits_learns_it()
    {
        SandboxPool pool = _guest.Open(maxCount: 1);
        using SandboxLease lease = await pool.RentAsync(TestCanceled);
        Task<SandboxLease>[] waiters = [.. Enumerable.Range(0, 3).Select(_ => pool.RentAsync(TestCanceled).AsTask())];

        pool.Dispose();

        foreach (Task<SandboxLease> waiter in waiters)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => waiter);
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pool.RentAsync(TestCanceled));
    }

    [KvmFact]
    public async Task A_start_in_the_background_is_stopped()
    {
        using SemaphoreSlim starting = new(0);
        using TestGuest endless = TestGuest.FromElf(
            TestElf.Amd64().WithoutSegments().WithSegment(0, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, GuestCode.Forever).WithEntry(0)
                .Build());
        SandboxPool pool = new(endless.Image, ofPool => ofPool.Configure = options =>
        {
            options.StartTimeout = Timeout.InfiniteTimeSpan;
            starting.Release();
        });
        Task<SandboxLease> waiter = pool.RentAsync(TestCanceled).AsTask();
        await starting.WaitAsync(TestCanceled);

        await pool.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiter);
    }

    [KvmFact]
    public async Task A_warm_up_is_stopped()
    {
        using SemaphoreSlim entered = new(0);
        SandboxPool pool = _guest.Open(
            maxCount: 1,
            readyCount: 1,
            warmUp: sandbox =>
            {
                entered.Release();
                sandbox.Call("Spin", new CallOptions { Timeout = Timeout.InfiniteTimeSpan });
            });
        await entered.WaitAsync(TestCanceled);

        await pool.DisposeAsync();

        Assert.Equal((0, 0, 0, 1), (pool.ReadyCount, pool.RentedCount, pool.WaitingCount, _guest.Attempts));
    }

    [KvmFact]
    public async Task A_sandbox_that_is_created_meanwhile_is_not_kept()
    {
        using SemaphoreSlim creating = new(0);
        using SemaphoreSlim release = new(0);
        SandboxPool pool = _guest.Open(
            maxCount: 2,
            configure: _ =>
            {
                if (_guest.Attempts == 2)
                {
                    creating.Release();
                    release.Wait(TestCanceled);
                }
            });
        using SandboxLease lease = await pool.RentAsync(TestCanceled);
        Task<SandboxLease> waiter = pool.RentAsync(TestCanceled).AsTask();
        await creating.WaitAsync(TestCanceled);

        Task disposal = pool.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiter);
        Assert.False(disposal.IsCompleted);
        release.Release();
        await disposal;

        Assert.Equal((0, 1, 0), (pool.ReadyCount, pool.RentedCount, pool.WaitingCount));
    }

    [KvmFact]
    public void A_pool_that_nobody_used_ends() => _guest.Open(maxCount: 4).Dispose();
}
