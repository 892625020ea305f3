using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Runtime.Tests.Snapshots;
using static Hyperlight.Runtime.Tests.Regions.GuestFile;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>
/// Tests that the caller owns every object that the API returns: disposing an object ends nothing that another object uses. No other tests
/// run at the same time, because the tests count the files of the whole process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class OwnershipTests
{
    private const int Orders = 24;
    private const int Kept = 1234;

    public static TheoryData<string> Guests => [Amd64, Flat];

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void In_whatever_order_things_are_disposed_the_others_work_and_nothing_is_left(string name)
    {
        using TestGuest guest = new(name);
        SaveSnapshot(guest);
        HostState before = HostState.Now();
        Random random = new(20261128);
        for (int i = 0; i < Orders; i++)
        {
            Things things = Things.Create(guest, name);
            Thing[] order = [.. things.All];
            random.Shuffle(order);
            for (int disposed = 0; disposed < order.Length; disposed++)
            {
                order[disposed].Dispose();
                order[disposed].Dispose();
                Assert.Throws<ObjectDisposedException>(order[disposed].Use);
                Assert.All(order[(disposed + 1)..], thing => thing.Use());
            }
        }

        Assert.Equal(before, HostState.Now());
    }

    [KvmFact]
    public void A_snapshot_of_a_sandbox_that_just_started_from_one_is_not_the_image_s()
    {
        using TestGuest guest = new(Amd64);
        SaveSnapshot(guest);
        using GuestImage image = GuestImage.Open(guest.Image.Directory);
        using (Sandbox sandbox = image.CreateSandbox(cancellationToken: TestCanceled))
        using (Snapshot snapshot = sandbox.TakeSnapshot())
        {
            Assert.Equal(Kept, Word(sandbox));
        }

        using Sandbox next = image.CreateSandbox(cancellationToken: TestCanceled);
        Assert.Equal(Kept, Word(next));
    }

    [KvmFact]
    public async Task Pools_of_one_image_end_one_by_one()
    {
        using TestGuest guest = new(Amd64);
        SaveSnapshot(guest);
        GuestImage image = GuestImage.Open(guest.Image.Directory);
        SandboxPool one = new(image), two = new(image), three = new(image, options => options.ReadyCount = 0);
        image.Dispose();
        (await one.RentAsync(TestCanceled)).Dispose();
        await one.DisposeAsync();

        foreach (SandboxPool pool in (SandboxPool[])[two, three])
        {
            using SandboxLease lease = await pool.RentAsync(TestCanceled);
            Assert.Equal(Kept, Word(lease.Sandbox));
        }

        await two.DisposeAsync();
        await three.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => new SandboxPool(image));
    }

    [KvmFact]
    public void What_is_disposed_on_one_thread_while_others_use_it_ends_no_use_that_has_begun()
    {
        using TestGuest guest = new(Amd64);
        SaveSnapshot(guest);
        HostState before = HostState.Now();
        for (int i = 0; i < 20; i++)
        {
            GuestImage image = GuestImage.Open(guest.Image.Directory);
            Snapshot snapshot = Snapshot.Load(guest.Image.Directory, "snapshot");
            using Barrier barrier = new(3);
            Task[] users =
            [
                InParallel(barrier, () => image.CreateSandbox()),
                InParallel(barrier, () => snapshot.CreateSandbox()),
            ];
            barrier.SignalAndWait(TestCanceled);
            image.Dispose();
            snapshot.Dispose();
            Task.WaitAll(users, TestCanceled);
        }

        Assert.Equal(before, HostState.Now());
    }

    private static Task InParallel(Barrier barrier, Func<Sandbox> create) => Task.Factory.StartNew(
        () =>
        {
            barrier.SignalAndWait(TestCanceled);
            try
            {
                using Sandbox sandbox = create();
                Assert.Equal(Kept, Word(sandbox));
            }
            catch (ObjectDisposedException)
            {
                // The other thread has disposed the object first.
            }
        },
        TestCanceled,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private static void SaveSnapshot(TestGuest guest)
    {
        using Sandbox sandbox = guest.Start();
        sandbox.Call("SetDataWord", Kept);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        snapshot.Save(guest.Image.Directory, "snapshot");
    }

    private static int Word(Sandbox sandbox) => sandbox.Call<int>("DataWord");

    /// <summary>A disposable object, and an action that uses the object and throws if the object is broken or disposed.</summary>
    private sealed record Thing(string Name, IDisposable Disposable, Action Use) : IDisposable
    {
        public void Dispose() => Disposable.Dispose();

        public override string ToString() => Name;
    }

    /// <summary>One object of each kind, all of the same image.</summary>
    private sealed record Things(Thing[] All)
    {
        public static Things Create(TestGuest guest, string name)
        {
            GuestImage image = GuestImage.Open(guest.Image.Directory);
            GuestCounter? counter = name == Amd64 ? null : new();
            Sandbox sandbox = image.CreateSandbox(options => options.Counter = counter);
            Snapshot snapshot = sandbox.TakeSnapshot(), again = sandbox.TakeSnapshot();
            Snapshot loaded = Snapshot.Load(guest.Image.Directory, "snapshot");
            Assert.NotSame(snapshot, again);
            SandboxPool pool = new(image, options => options.MaxCount = 3), ofSnapshot = new(snapshot);
            SandboxLease lease = Rent(pool);
            Snapshot ofLease = lease.Sandbox.TakeSnapshot();
            SharedRegion region = SharedRegion.FromBytes("region", [1, 2, 3]);
            Assert.Same(ofLease.Content, lease.Sandbox.TakeContent());
            return new(
            [
                new(nameof(image), image, () => Check(image.CreateSandbox())),
                new(nameof(sandbox), sandbox, () =>
                {
                    Assert.Equal(Kept, Word(sandbox));
                    counter?.Increment();
                }),
                new(nameof(snapshot), snapshot, () => Check(snapshot.CreateSandbox())),
                new(nameof(again), again, () => Check(again.CreateSandbox())),
                new(nameof(loaded), loaded, () => Check(loaded.CreateSandbox())),
                new(nameof(pool), pool, () => Check(Rent(pool))),
                new(nameof(ofSnapshot), ofSnapshot, () => Check(Rent(ofSnapshot))),
                new(nameof(lease), lease, () => Assert.Equal(Kept, Word(lease.Sandbox))),
                new(nameof(ofLease), ofLease, () => Check(ofLease.CreateSandbox())),
                new(nameof(region), region, () =>
                {
                    using Sandbox user = guest.Image.CreateSandbox();
                    user.MapRegion(region, FreeAddress(name));
                }),
            ]);
        }

        private static SandboxLease Rent(SandboxPool pool) => pool.RentAsync(TestCanceled).AsTask().GetAwaiter().GetResult();

        private static void Check(Sandbox sandbox)
        {
            using (sandbox)
            {
                Assert.Equal(Kept, Word(sandbox));
            }
        }

        private static void Check(SandboxLease lease)
        {
            using (lease)
            {
                Assert.Equal(Kept, Word(lease.Sandbox));
            }
        }
    }
}
