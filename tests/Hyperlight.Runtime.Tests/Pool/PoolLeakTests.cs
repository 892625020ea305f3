using System.Runtime.CompilerServices;
using Hyperlight.Runtime.Tests.Telemetry;

namespace Hyperlight.Runtime.Tests.Pool;

/// <summary>
/// Tests that pools leave nothing open, and tests their metrics. No other tests run at the same time, because the tests count the files and
/// threads of the whole process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class PoolLeakTests : IDisposable
{
    private readonly PoolGuest _guest = new();
    private readonly Recorder _recorder = new();

    public void Dispose()
    {
        _recorder.Dispose();
        _guest.Dispose();
    }

    [KvmFact]
    public async Task Two_hundred_rents_leave_nothing_behind()
    {
        double sandboxes = _recorder.ValuesOf("hyperlight.sandbox.count").Last();
        using (SandboxPool pool = _guest.Open(maxCount: 4, readyCount: 2))
        {
            await Round(pool, 0);
            await Round(pool, 1);
            await Idle(pool);
            (int descriptors, int mappings, int threads) = Counts();

            for (int i = 2; i <= 201; i++)
            {
                await Round(pool, i);
            }

            await Idle(pool);
            (int descriptorsAfter, int mappingsAfter, int threadsAfter) = Counts();

            // The .NET runtime may open files of its own. One leak for each round would be 200, one for each replaced sandbox 20.
            Assert.InRange(descriptorsAfter, 0, descriptors + 10);
            Assert.InRange(mappingsAfter, 0, mappings + 30);
            Assert.InRange(threadsAfter, 0, threads + 10);
        }

        Assert.Equal(sandboxes, _recorder.ValuesOf("hyperlight.sandbox.count").Last());
    }

    [KvmFact]
    public async Task A_rent_allocates_little()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        (await pool.RentAsync(TestCanceled)).Dispose();
        _recorder.Dispose();

        long rents = AllocatedBy(() =>
        {
            ValueTask<SandboxLease> rent = pool.RentAsync(TestCanceled);
            Assert.True(rent.IsCompletedSuccessfully);
            rent.Result.Dispose();
        });

        // A rent allocates the lease and its gate. The restore allocates nothing.
        Assert.InRange(rents, 0, 1024);
    }

    [KvmFact]
    public async Task Ready_rented_and_waiting_are_reported_for_each_guest_as_long_as_there_is_a_pool()
    {
        SandboxPool pool = _guest.Open(maxCount: 2);
        using SandboxPool other = _guest.Open(maxCount: 1);
        using (SandboxLease lease = await pool.RentAsync(TestCanceled))
        using (SandboxLease another = await other.RentAsync(TestCanceled))
        {
            (await pool.RentAsync(TestCanceled)).Dispose();
            Task<SandboxLease> waiter = other.RentAsync(TestCanceled).AsTask();

            Assert.Equal([1], _recorder.ValuesOf("hyperlight.pool.ready"));
            Assert.Equal([2], Latest("hyperlight.pool.rented", 1));
            Assert.Equal([1], Latest("hyperlight.pool.waiting", 1));
            Assert.All(_recorder.TagsOf("hyperlight.pool.rented"), tags => Assert.Equal("hyperlight.guest.name=misbehave", tags));
            another.Dispose();
            (await waiter).Dispose();
        }

        pool.Dispose();
        Assert.Equal([1], Latest("hyperlight.pool.ready", 1));
        other.Dispose();
        Assert.Empty(Latest("hyperlight.pool.ready", 0));
    }

    [KvmFact]
    public async Task Sandboxes_that_could_not_be_set_back_are_counted()
    {
        using SandboxPool pool = _guest.Open(maxCount: 1);
        (await pool.RentAsync(TestCanceled)).Dispose();
        using (SandboxLease lease = await pool.RentAsync(TestCanceled))
        {
            PoolGuest.Ruin(lease.Sandbox);
        }

        Assert.Equal(["hyperlight.guest.name=misbehave"], _recorder.TagsOf("hyperlight.pool.replaced"));
    }

    [KvmFact]
    public async Task The_guest_runs_its_initialisation_once()
    {
        using SandboxPool pool = _guest.Open(maxCount: 3);
        SandboxLease[] leases =
        [
            await pool.RentAsync(TestCanceled), await pool.RentAsync(TestCanceled), await pool.RentAsync(TestCanceled)
        ];
        Array.ForEach(leases, lease => lease.Dispose());

        Assert.Equal(
            ["image", "snapshot", "snapshot"],
            _recorder.Spans.Where(span => span.DisplayName == "start misbehave")
                .Select(span => span.GetTagItem("hyperlight.start.source")));
    }

    [KvmFact]
    public async Task A_pool_that_nobody_disposed_is_not_kept_alive()
    {
        WeakReference<SandboxPool> pool = await Abandon();

        await PoolGuest.Until(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return !pool.TryGetTarget(out _);
        });

        Assert.Empty(Latest("hyperlight.pool.ready", 0));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference<SandboxPool>> Abandon()
    {
        SandboxPool pool = _guest.Open(maxCount: 2, readyCount: 1);
        (await pool.RentAsync(TestCanceled)).Dispose();
        return new(pool);
    }

    private static Task Idle(SandboxPool pool) => PoolGuest.Until(() => pool.ReadyCount == 4);

    private static async Task Round(SandboxPool pool, int number)
    {
        SandboxLease[] leases = [await pool.RentAsync(TestCanceled), await pool.RentAsync(TestCanceled), await pool.RentAsync(TestCanceled),
            await pool.RentAsync(TestCanceled)];
        leases[0].Sandbox.Call("SetDataWord", number);
        if (number % 5 == 0)
        {
            Assert.Throws<GuestAbortedException>(() => leases[1].Sandbox.Call("Abort", 1, "x"));
        }

        if (number % 10 == 0)
        {
            PoolGuest.Ruin(leases[2].Sandbox);
        }

        Array.ForEach(leases, lease => lease.Dispose());
    }

    private static (int Descriptors, int Mappings, int Threads) Counts()
    {
        ProcessCounts.Settle();
        return (ProcessCounts.Descriptors, ProcessCounts.Mappings, ProcessCounts.Threads);
    }

    private static long AllocatedBy(Action action)
    {
        action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>Gets the last values of an instrument, one for each pool.</summary>
    private List<double> Latest(string instrument, int count)
    {
        int before = _recorder.TagsOf(instrument).Count;
        List<double> values = _recorder.ValuesOf(instrument);
        Assert.Equal(before + count, values.Count);
        return values[before..];
    }
}
