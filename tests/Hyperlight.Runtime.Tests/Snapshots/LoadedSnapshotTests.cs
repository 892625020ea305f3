using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Tests loaded snapshots of each format.</summary>
public sealed class LoadedSnapshotTests : IDisposable
{
    private const string Tag = "ready";
    private const string Paged = "misbehave-paged";
    private const string ChildVariable = "HYPERLIGHT_TEST_SAVED_SNAPSHOT";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hyperlight-loaded-");

    private string Saved => Path.Combine(_root.FullName, "guest");

    public void Dispose() => _root.Delete(recursive: true);

    [KvmTheory]
    [InlineData("misbehave")]
    [InlineData("misbehave32")]
    [InlineData("misbehave-flat")]
    public void Another_process_goes_on_where_this_one_was(string name)
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is { } directory)
        {
            using Snapshot loaded = Snapshot.Load(directory, Tag);
            using Sandbox child = loaded.CreateSandbox();
            Assert.Equal(1271, child.Call<int>("DataWord"));
            child.Call("SetDataWord", 1);
            using Snapshot further = child.TakeSnapshot();
            further.Save(directory, "further");
            return;
        }

        using (TestGuest guest = new(name))
        {
            using Sandbox sandbox = guest.Start();
            sandbox.Call("SetDataWord", 1271);
            using Snapshot snapshot = sandbox.TakeSnapshot();
            snapshot.Save(Saved, Tag);
        }

        // The other process runs the first half of this test for each guest; running it twice does no harm.
        OtherProcess.RunTest(typeof(LoadedSnapshotTests), nameof(Another_process_goes_on_where_this_one_was), ChildVariable, Saved);

        using Snapshot returned = Snapshot.Load(Saved, "further");
        using Sandbox grown = returned.CreateSandbox();
        Assert.Equal((1, 2L), (grown.Call<int>("DataWord"), returned.Generation));
    }

    [KvmFact(Needs.Paging32)]
    public void Another_process_goes_on_with_a_guest_with_32_bit_paging() => Another_process_goes_on_where_this_one_was(Paged);

    [KvmTheory]
    [InlineData("misbehave")]
    [InlineData("misbehave32")]
    [InlineData("misbehave-flat")]
    public void A_loaded_snapshot_fits_a_sandbox_of_the_image_and_heals_it(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox first = guest.Start();
        first.Call("SetDataWord", 1);
        using Snapshot snapshot = first.TakeSnapshot();
        snapshot.Save(Saved, Tag);
        using Snapshot loaded = Snapshot.Load(Saved, Tag);
        using Sandbox sandbox = guest.Start();
        Assert.Throws<GuestAbortedException>(() => sandbox.Call("Abort", 7, "gone"));

        for (int round = 0; round < 2; round++)
        {
            sandbox.Restore(loaded);
            Assert.Equal(1, sandbox.Call<int>("DataWord"));
            sandbox.Call("SetDataWord", 2);
        }

        sandbox.Restore(snapshot);
        Assert.Equal(1, sandbox.Call<int>("DataWord"));
        Assert.Equal((loaded.GuestName, loaded.ImageDigest), (guest.Image.Name, guest.Image.Digest));
    }

    [KvmFact(Needs.Paging32)]
    public void A_loaded_snapshot_of_a_guest_with_32_bit_paging_fits_and_heals_too() =>
        A_loaded_snapshot_fits_a_sandbox_of_the_image_and_heals_it(Paged);

    [KvmTheory]
    [InlineData("misbehave")]
    [InlineData("misbehave32")]
    [InlineData("misbehave-flat")]
    public void A_loaded_snapshot_that_does_not_fit_says_every_difference(string name)
    {
        using (TestGuest guest = new(
            name, request => request with { Sizes = new GuestSizes { HeapSize = 1 << 20, ScratchSize = 1 << 20 } }))
        {
            using Sandbox first = guest.Start(options =>
            {
                options.HostFunctions.Add("Now", () => "noon");
                options.AllowedMsrs.Add(0x174);
            });
            using Snapshot snapshot = first.TakeSnapshot();
            snapshot.Save(Saved, Tag);
        }

        using Snapshot loaded = Snapshot.Load(Saved, Tag);
        using TestGuest smaller = new(name);
        using Sandbox sandbox = smaller.Start();

        Assert.Equal(
            [
                "HeapSize: the snapshot has 0x100000, the sandbox 0x20000",
                "ScratchSize: the snapshot has 0x100000, the sandbox 0x48000",
                "host function Now: the snapshot has () -> String, the sandbox has none",
                "AllowedMsrs: the snapshot has 0x174, the sandbox does not",
            ],
            Assert.Throws<SnapshotMismatchException>(() => sandbox.Restore(loaded)).Differences);
        Assert.Equal(42, sandbox.Call<int>("DataWord"));
    }

    [KvmTheory]
    [InlineData("misbehave")]
    [InlineData("misbehave32")]
    [InlineData("misbehave-flat")]
    public void A_chain_of_loaded_snapshots_keeps_every_link(string name)
    {
        using TestGuest guest = new(name);
        using (Sandbox first = guest.Start())
        {
            using Snapshot snapshot = first.TakeSnapshot();
            string digest = snapshot.Save(Saved, "tag-0");
            Assert.Equal(digest, snapshot.Save(Path.Combine(_root.FullName, "again"), "tag-0"));
        }

        const int Links = 4;
        for (int i = 1; i < Links; i++)
        {
            using Snapshot loaded = Snapshot.Load(Saved, $"tag-{i - 1}");
            using Sandbox sandbox = loaded.CreateSandbox();
            sandbox.Call("SetDataWord", i);
            Assert.Equal(20, sandbox.Call<int>("AllocateAndTouch", 20));
            using Snapshot next = sandbox.TakeSnapshot();
            sandbox.Call("SetBssWord", i);
            using Snapshot last = sandbox.TakeSnapshot();
            last.Save(Saved, $"tag-{i}");
        }

        for (int i = 1; i < Links; i++)
        {
            using Snapshot old = Snapshot.Load(Saved, $"tag-{i}");
            using Sandbox copy = old.CreateSandbox();
            Assert.Equal((i, i, (2L * i) + 1), (copy.Call<int>("DataWord"), copy.Call<int>("BssWord"), old.Generation));
        }
    }

    [KvmFact(Needs.Paging32)]
    public void A_chain_of_loaded_snapshots_of_a_guest_with_32_bit_paging_keeps_every_link() =>
        A_chain_of_loaded_snapshots_keeps_every_link(Paged);
}
