using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Tests snapshots with a guest of each architecture.</summary>
[Wine]
public class SnapshotTests
{
    private const string Amd64 = "misbehave";
    private const string I686 = "misbehave32";
    private const string Flat = "misbehave-flat";
    private const int GenerationWord = 0x20;

    public static TheoryData<string> Guests => [Amd64, I686, Flat];

    private static CallOptions Briefly => new() { Timeout = TimeSpan.FromMilliseconds(100) };

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_restore_brings_back_what_the_guest_had_then(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        sandbox.Call("SetDataWord", 1);
        sandbox.Call("SetBssWord", 2);
        using Snapshot snapshot = sandbox.TakeSnapshot();

        for (int round = 0; round < 3; round++)
        {
            sandbox.Call("SetDataWord", 100 + round);
            sandbox.Call("SetBssWord", 200 + round);
            Assert.Equal(20, sandbox.Call<int>("AllocateAndTouch", 20));
            sandbox.Restore(snapshot);

            Assert.Equal((1, 2), (sandbox.Call<int>("DataWord"), sandbox.Call<int>("BssWord")));
        }

        guest.AssertUnchanged();
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void Nothing_that_a_guest_left_in_scratch_outlives_a_restore(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        MemoryMap map = guest.Image.Map;
        ulong unused = map.Scratch.Gva.Value + map.Scratch.Size - 0x3000;
        ulong input = map.InputBuffer.Value + map.Sizes.InputBufferSize - 8;
        Assert.All([unused, input], address => Assert.Equal(0x5E, sandbox.Call<int>("WriteByte", address, 0x5E)));

        sandbox.Restore(snapshot);

        Assert.All([unused, input], address => Assert.Equal(0, sandbox.Call<int>("ReadByte", address)));
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void The_guest_goes_on_after_a_snapshot_as_if_there_had_been_none(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        sandbox.Call("SetDataWord", 1);
        using Snapshot snapshot = sandbox.TakeSnapshot();

        Assert.Equal(1, sandbox.Call<int>("DataWord"));
        sandbox.Call("SetDataWord", 2);
        Assert.Equal(2, sandbox.Call<int>("DataWord"));
    }

    [KvmTheory]
    [InlineData(Amd64, "Abort", 7, "gone")]
    [InlineData(I686, "Abort", 7, "gone")]
    [InlineData(Amd64, "TripleFault")]
    [InlineData(I686, "TripleFault")]
    [InlineData(Amd64, "DivideByZero")]
    [InlineData(I686, "DivideByZero")]
    [InlineData(Amd64, "UnknownPort", 77)]
    [InlineData(I686, "UnknownPort", 77)]
    [InlineData(I686, "ReadUnmapped")]
    [InlineData(Amd64, "WriteSnapshotPhysically")]
    [InlineData(Amd64, "Spin")]
    [InlineData(I686, "Spin")]
    public void A_restore_heals_a_poisoned_sandbox(string name, string function, params object[] arguments)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        sandbox.Call("SetDataWord", 1);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        GuestValue[] values = [.. arguments.Select(argument => argument is int number ? (GuestValue)number : (string)argument)];

        for (int round = 0; round < 2; round++)
        {
            sandbox.Call("SetDataWord", 2);
            Assert.ThrowsAny<Exception>(() => sandbox.Call(function, Briefly, values));
            Assert.Equal(SandboxState.Poisoned, sandbox.State);
            Assert.Throws<SandboxPoisonedException>(() => sandbox.TakeSnapshot());

            sandbox.Restore(snapshot);

            Assert.Equal(SandboxState.Ready, sandbox.State);
            Assert.Equal(1, sandbox.Call<int>("DataWord"));
        }
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_sandbox_made_from_a_snapshot_goes_on_where_it_was_taken(string name)
    {
        using TestGuest guest = new(name);
        Snapshot snapshot;
        ulong seed;
        using (Sandbox first = guest.Start())
        {
            first.Call("SetDataWord", 1);
            seed = first.Call<ulong>("RandomSeed");
            snapshot = first.TakeSnapshot();
        }

        guest.Image.Dispose();
        using Sandbox second = snapshot.CreateSandbox();
        using Sandbox third = snapshot.CreateSandbox();
        snapshot.Dispose();
        second.Call("SetDataWord", 2);

        Assert.Equal((2, 1), (second.Call<int>("DataWord"), third.Call<int>("DataWord")));
        Assert.Equal(seed, third.Call<ulong>("RandomSeed"));
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_snapshot_can_be_restored_into_another_sandbox(string name)
    {
        using TestGuest guest = new(name);
        using TestGuest sameGuest = new(name);
        using Sandbox first = guest.Start();
        using Sandbox second = guest.Start();
        using Sandbox third = sameGuest.Start();
        first.Call("SetDataWord", 1);
        Assert.Equal(10, first.Call<int>("AllocateAndTouch", 10));
        using Snapshot snapshot = first.TakeSnapshot();
        Assert.All([second, third], sandbox =>
        {
            sandbox.Call("SetDataWord", 5);
            sandbox.Restore(snapshot);
            Assert.Equal(1, sandbox.Call<int>("DataWord"));
            sandbox.Call("SetDataWord", 6);
        });
        Assert.Equal(1, first.Call<int>("DataWord"));
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void Snapshots_of_snapshots_keep_everything(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        List<Snapshot> snapshots = [];
        for (int i = 0; i < 8; i++)
        {
            sandbox.Call("SetDataWord", i);
            Snapshot snapshot = sandbox.TakeSnapshot();
            snapshots.Add(snapshot);
            sandbox.Restore(snapshot);
            Assert.Equal(i, sandbox.Call<int>("DataWord"));
            sandbox.Call("SetBssWord", 10 * i);
        }

        Assert.All(Enumerable.Range(0, 8).Reverse(), i =>
        {
            sandbox.Restore(snapshots[i]);
            Assert.Equal((i, i == 0 ? 0 : 10 * (i - 1)), (sandbox.Call<int>("DataWord"), sandbox.Call<int>("BssWord")));
        });
        snapshots.ForEach(snapshot => snapshot.Dispose());
        sandbox.Call("SetDataWord", 99);
        Assert.Equal(99, sandbox.Call<int>("DataWord"));
    }

    [KvmFact]
    public void The_guest_can_read_which_generation_it_is()
    {
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();
        Assert.Equal(0UL, sandbox.Call<ulong>("ReadScratchWord", GenerationWord));
        using Snapshot first = sandbox.TakeSnapshot();
        Assert.Equal(0UL, sandbox.Call<ulong>("ReadScratchWord", GenerationWord));
        using Snapshot second = sandbox.TakeSnapshot();

        sandbox.Restore(second);
        Assert.Equal(2UL, sandbox.Call<ulong>("ReadScratchWord", GenerationWord));
        sandbox.Restore(first);
        Assert.Equal(1UL, sandbox.Call<ulong>("ReadScratchWord", GenerationWord));
        using Snapshot third = sandbox.TakeSnapshot();
        Assert.Equal((1L, 2L, 2L), (first.Generation, second.Generation, third.Generation));
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void Nothing_new_is_the_same_state_in_a_snapshot_of_the_caller_s_own(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        using Snapshot first = sandbox.TakeSnapshot();

        Assert.Same(first.Content, sandbox.TakeContent());
        sandbox.Call("DataWord");
        using Snapshot second = sandbox.TakeSnapshot();
        Assert.NotSame(first.Content, second.Content);
        sandbox.Restore(first);
        Assert.Same(first.Content, sandbox.TakeContent());
        using Sandbox other = first.CreateSandbox();
        Assert.Same(first.Content, other.TakeContent());
        first.Dispose();
        using Snapshot third = sandbox.TakeSnapshot();
        Assert.NotSame(first.Content, third.Content);
    }

    [KvmFact]
    public void A_big_heap_costs_page_tables_and_what_was_touched()
    {
        using TestGuest guest = new(Amd64, request => request with
        {
            Sizes = new GuestSizes { HeapSize = 64 << 20, ScratchSize = 4 << 20 },
        });
        using Sandbox sandbox = guest.Start();
        using Snapshot start = sandbox.TakeSnapshot();
        int freshPages = Pages(start, guest);

        Assert.Equal(100, sandbox.Call<int>("AllocateAndTouch", 100));
        using Snapshot touched = sandbox.TakeSnapshot();

        // The initialisation writes to a few pages. The call writes to 100 pages; the first and the last may have been written to before.
        Assert.InRange(freshPages, 1, 24);
        Assert.InRange(Pages(touched, guest) - freshPages, 98, 102);
    }

    [KvmFact]
    public void What_a_snapshot_has_already_is_not_copied_again()
    {
        using TestGuest guest = new(
            Amd64, request => request with { Sizes = new GuestSizes { HeapSize = 4 << 20, ScratchSize = 4 << 20 } });
        using Sandbox sandbox = guest.Start();
        sandbox.Call<int>("AllocateAndTouch", 200);
        using Snapshot first = sandbox.TakeSnapshot();
        sandbox.Restore(first);
        sandbox.Call("SetDataWord", 1);

        using Snapshot second = sandbox.TakeSnapshot();

        Assert.InRange(Pages(first, guest), 200, 224);
        Assert.InRange(Pages(second, guest), 1, 10);
    }

    [KvmFact]
    public void Pages_that_became_zero_take_no_memory()
    {
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();
        using Snapshot before = sandbox.TakeSnapshot();
        sandbox.Call("SetBssWord", 1);
        using Snapshot written = sandbox.TakeSnapshot();
        sandbox.Call("SetBssWord", 0);
        using Snapshot cleared = sandbox.TakeSnapshot();

        Assert.Equal(written.Size - 4096, cleared.Size);
        Assert.Equal(0, sandbox.Call<int>("BssWord"));
        sandbox.Restore(cleared);
        Assert.Equal(0, sandbox.Call<int>("BssWord"));
        sandbox.Call("SetBssWord", 3);
        Assert.Equal(3, sandbox.Call<int>("BssWord"));
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void During_a_call_there_is_no_snapshot_and_no_restore(string name)
    {
        using TestGuest guest = new(name);
        Sandbox? self = null;
        Snapshot? snapshot = null;
        List<string> refused = [];
        using Sandbox sandbox = guest.Start(options => options.HostFunctions.Add("Block", () =>
        {
            refused.Add(Assert.Throws<InvalidOperationException>(() => self!.TakeSnapshot()).Message);
            refused.Add(Assert.Throws<InvalidOperationException>(() => self!.Restore(snapshot!)).Message);
        }));
        self = sandbox;
        snapshot = sandbox.TakeSnapshot();

        sandbox.Call("SpinInHostCall");

        Assert.All(refused, message => Assert.Contains("another call", message, StringComparison.Ordinal));
        Assert.Equal(2, refused.Count);
        snapshot.Dispose();
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void What_is_disposed_is_refused(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        Snapshot snapshot = sandbox.TakeSnapshot();
        sandbox.Call("SetDataWord", 1);
        snapshot.Dispose();
        snapshot.Dispose();

        Assert.Throws<ObjectDisposedException>(() => sandbox.Restore(snapshot));
        Assert.Throws<ObjectDisposedException>(() => snapshot.CreateSandbox());
        Assert.Equal(1, sandbox.Call<int>("DataWord"));
        sandbox.Dispose();
        Assert.Throws<ObjectDisposedException>(() => sandbox.TakeSnapshot());
    }

    [KvmFact]
    public void A_snapshot_that_does_not_fit_says_every_difference_and_changes_nothing()
    {
        using TestGuest guest = new(Amd64);
        using TestGuest bigger = new(
            Amd64, request => request with { Sizes = new GuestSizes { HeapSize = 0x40000, ScratchSize = 0x60000 } });
        using TestGuest other = new(I686);
        using Sandbox sandbox = guest.Start(options =>
        {
            options.HostFunctions.Add("Now", () => "noon").Add("Sum", (int a, int b) => a + b);
            options.AllowedMsrs.Add(0x174);
        });
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using Sandbox sandbox2 = bigger.Start(options => options.HostFunctions.Add("Sum", (int a, long b) => a + b));
        using Sandbox sandbox3 = other.Start();
        sandbox2.Call("SetDataWord", 7);

        SnapshotMismatchException exception = Assert.Throws<SnapshotMismatchException>(() => sandbox2.Restore(snapshot));
        Assert.Equal(
            [
                "HeapSize: the snapshot has 0x20000, the sandbox 0x40000",
                "ScratchSize: the snapshot has 0x48000, the sandbox 0x60000",
                "host function Now: the snapshot has () -> String, the sandbox has none",
                "host function Sum: the snapshot has (Int, Int) -> Int, the sandbox (Int, Long) -> Long",
                "AllowedMsrs: the snapshot has 0x174, the sandbox does not",
            ],
            exception.Differences);
        Assert.Equal(7, sandbox2.Call<int>("DataWord"));
        Assert.Contains(
            "layout: the snapshot has amd64-0.16, the sandbox i686-0.13",
            Assert.Throws<SnapshotMismatchException>(() => sandbox3.Restore(snapshot)).Differences);
        Assert.Contains(
            "host function Now",
            Assert.Throws<SnapshotMismatchException>(() => snapshot.CreateSandbox()).Message,
            StringComparison.Ordinal);
    }

    [KvmFact]
    public void More_host_functions_than_the_snapshot_has_are_no_difference()
    {
        using TestGuest guest = new("hello");
        using Sandbox first = guest.Start(options => options.HostFunctions.Add("Now", () => "noon"));
        using Snapshot snapshot = first.TakeSnapshot();

        using Sandbox second = snapshot.CreateSandbox(
            options => options.HostFunctions.Add("Now", () => "night").Add("HostAdd", (int a, int b) => a + b));

        Assert.Equal("World, it is night", second.Call<string>("Greet", "World"));
        Assert.Equal(3, second.Call<int>("Add", 1, 2));
    }

    [KvmFact]
    public async Task Many_threads_use_one_snapshot()
    {
        using TestGuest guest = new(Amd64);
        using Sandbox first = guest.Start();
        first.Call("SetDataWord", 1);
        using Snapshot snapshot = first.TakeSnapshot();

        await Parallel.ForAsync(0, 8, TestContext.Current.CancellationToken, (index, canceled) =>
        {
            using Sandbox sandbox = snapshot.CreateSandbox(cancellationToken: canceled);
            for (int i = 0; i < 5; i++)
            {
                Assert.Equal(1, sandbox.Call<int>("DataWord"));
                sandbox.Call("SetDataWord", index + 10);
                Assert.Equal(index + 10, sandbox.Call<int>("DataWord"));
                sandbox.Restore(snapshot);
            }

            return ValueTask.CompletedTask;
        });
    }

    /// <summary>Gets the number of pages in the snapshot without page tables, which map the image, the heap, scratch and regions.</summary>
    private static int Pages(Snapshot snapshot, TestGuest guest) => (int)(snapshot.Size - guest.Image.PageTablesSize) / 4096;
}
