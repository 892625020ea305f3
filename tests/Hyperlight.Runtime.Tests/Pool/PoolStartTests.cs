using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Pool;

/// <summary>Tests the state in which sandboxes of a pool start.</summary>
public sealed class PoolStartTests : IDisposable
{
    private readonly PoolGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    [KvmFact]
    public async Task The_warm_up_runs_once_and_every_sandbox_has_what_it_left()
    {
        int warmUps = 0;
        using SandboxPool pool = _guest.Open(
            maxCount: 3,
            warmUp: sandbox =>
            {
                warmUps++;
                sandbox.Call("SetDataWord", 7);
            });

        SandboxLease[] leases =
        [
            await pool.RentAsync(TestCanceled), await pool.RentAsync(TestCanceled), await pool.RentAsync(TestCanceled)
        ];

        Assert.Equal([7, 7, 7], leases.Select(PoolGuest.Word));
        Array.ForEach(leases, lease => lease.Sandbox.Call("SetDataWord", 8));
        Array.ForEach(leases, lease => lease.Dispose());
        using SandboxLease again = await pool.RentAsync(TestCanceled);
        Assert.Equal((7, 1), (PoolGuest.Word(again), warmUps));
    }

    [KvmFact]
    public async Task The_warm_up_cannot_keep_its_sandbox()
    {
        Sandbox? kept = null;
        using SandboxPool pool = _guest.Open(maxCount: 1, warmUp: sandbox => kept = sandbox);

        using SandboxLease lease = await pool.RentAsync(TestCanceled);

        Assert.Equal((SandboxState.Disposed, SandboxState.Ready), (kept!.State, lease.Sandbox.State));
        Assert.Throws<ObjectDisposedException>(() => kept.Call("DataWord"));
    }

    [KvmFact]
    public async Task A_warm_up_that_fails_is_its_renters_exception_and_runs_again()
    {
        int warmUps = 0;
        using SandboxPool pool = _guest.Open(
            maxCount: 1, warmUp: sandbox => sandbox.Call(++warmUps == 1 ? "Abort" : "SetDataWord", warmUps == 1 ? [1, "cold"] : [9]));

        GuestAbortedException exception = await Assert.ThrowsAsync<GuestAbortedException>(() => pool.RentAsync(TestCanceled).AsTask());
        using SandboxLease lease = await pool.RentAsync(TestCanceled);

        Assert.Equal(("cold", 9, 2), (exception.GuestMessage, PoolGuest.Word(lease), warmUps));
    }

    [KvmFact]
    public async Task Sandboxes_of_a_snapshot_begin_and_end_with_it_and_it_stays_its_owners()
    {
        using Sandbox sandbox = _guest.Image.CreateSandbox();
        sandbox.Call("SetDataWord", 5);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using (SandboxPool pool = _guest.Open(maxCount: 1, snapshot: snapshot))
        {
            for (int i = 0; i < 2; i++)
            {
                using SandboxLease lease = await pool.RentAsync(TestCanceled);
                Assert.Equal(5, PoolGuest.Word(lease));
                lease.Sandbox.Call("SetDataWord", 6);
            }
        }

        sandbox.Restore(snapshot);
        Assert.Equal(5, sandbox.Call<int>("DataWord"));
    }

    [KvmFact]
    public async Task A_warm_up_of_a_snapshot_changes_the_pools_sandboxes_and_not_the_snapshot()
    {
        using Sandbox sandbox = _guest.Image.CreateSandbox();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using (SandboxPool pool = _guest.Open(maxCount: 2, warmUp: first => first.Call("SetDataWord", 7), snapshot: snapshot))
        {
            using SandboxLease lease = await pool.RentAsync(TestCanceled);
            using SandboxLease other = await pool.RentAsync(TestCanceled);
            Assert.Equal((7, 7), (PoolGuest.Word(lease), PoolGuest.Word(other)));
        }

        using Sandbox another = snapshot.CreateSandbox();
        Assert.Equal(PoolGuest.Untouched, another.Call<int>("DataWord"));
    }

    [KvmFact]
    public async Task A_snapshot_that_does_not_fit_the_options_is_said_to_the_renter()
    {
        using Sandbox sandbox = _guest.Image.CreateSandbox(options => options.HostFunctions.Add("Block", () => { }));
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using SandboxPool pool = _guest.Open(maxCount: 1, snapshot: snapshot);

        SnapshotMismatchException exception = await Assert.ThrowsAsync<SnapshotMismatchException>(
            () => pool.RentAsync(TestCanceled).AsTask());

        Assert.Contains("Block", exception.Message, StringComparison.Ordinal);
    }

    [KvmFact]
    public async Task Guests_without_paging_are_pooled_too()
    {
        using TestGuest guest = new("misbehave32");
        using SandboxPool pool = new(guest.Image, options => options.MaxCount = 2);
        for (int i = 0; i < 3; i++)
        {
            using SandboxLease lease = await pool.RentAsync(TestCanceled);
            using SandboxLease other = await pool.RentAsync(TestCanceled);
            Assert.Equal((PoolGuest.Untouched, PoolGuest.Untouched), (PoolGuest.Word(lease), PoolGuest.Word(other)));
            lease.Sandbox.Call("SetDataWord", 7);
        }
    }
}
