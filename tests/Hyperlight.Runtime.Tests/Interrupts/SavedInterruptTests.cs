using Hyperlight.Hypervisors;
using Hyperlight.Oci;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Snapshots;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Runtime.Tests.Interrupts;

/// <summary>
/// Tests saved and loaded snapshots of guests with interrupts. Such snapshots are always in our own format.
/// </summary>
public sealed class SavedInterruptTests : IDisposable
{
    private const string Tag = "ready";
    private const string ChildVariable = "HYPERLIGHT_TEST_SAVED_TICKS";
    private const uint AllButTimer = 0xFE;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hyperlight-ticks-");

    public static TheoryData<string> Guests => TickingGuest.Names;

    private string Saved => Path.Combine(_root.FullName, "guest");

    public void Dispose() => _root.Delete(recursive: true);

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(Guests))]
    public void Another_process_goes_on_with_counters_controllers_and_the_tick_that_waits(string name)
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is { } directory)
        {
            using Snapshot loaded = Snapshot.Load(directory, Tag);
            using Sandbox child = loaded.CreateSandbox(options => options.HostFunctions.Add("Wait", () => { }));
            uint before = child.Call<uint>("Total");
            Assert.Equal((AllButTimer, 1u), (child.Call<uint>("Mask"), child.Call<uint>("Pending")));
            Assert.InRange(child.Call<uint>("Count", 3u, TickingGuest.Period), before + 4, uint.MaxValue);
            using Snapshot further = child.TakeSnapshot();
            further.Save(directory, "further");
            return;
        }

        using TestGuest guest = TickingGuest.Bake(name);
        using Sandbox clock = guest.Start();
        using Sandbox sandbox = TickingGuest.StartWithClock(guest, clock);
        uint total = sandbox.Call<uint>("Count", 3u, TickingGuest.Period);
        sandbox.Call("Latch", TickingGuest.Period);
        using (Snapshot snapshot = sandbox.TakeSnapshot())
        {
            snapshot.Save(Saved, Tag);
        }

        // The other process runs the first half of this test for each guest; running it twice does no harm.
        OtherProcess.RunTest(
            typeof(SavedInterruptTests), nameof(Another_process_goes_on_with_counters_controllers_and_the_tick_that_waits), ChildVariable,
            Saved);

        using Snapshot returned = Snapshot.Load(Saved, "further");
        sandbox.Restore(returned);
        Assert.InRange(sandbox.Call<uint>("Count", 1u, TickingGuest.Period), total + 5, uint.MaxValue);
    }

    [KvmFact(Needs.Paging32 | Needs.Interrupts)]
    public void Another_process_goes_on_with_those_of_a_guest_with_32_bit_paging() =>
        Another_process_goes_on_with_counters_controllers_and_the_tick_that_waits(TickingGuest.Paged);

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(Guests))]
    public void What_was_loaded_is_saved_again_as_it_was(string name)
    {
        using TestGuest guest = TickingGuest.Bake(name);
        using Sandbox sandbox = guest.Start();
        sandbox.Call<uint>("Count", 3u, TickingGuest.Period);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        string digest = snapshot.Save(Saved, Tag);
        using Snapshot loaded = Snapshot.Load(Saved, Tag);

        Assert.Equal(digest, snapshot.Save(Saved, "again"));
        Assert.Equal(digest, loaded.Save(Path.Combine(_root.FullName, "elsewhere"), Tag));
        using Sandbox other = loaded.CreateSandbox();
        Assert.Same(loaded.Content, other.TakeContent());
        Assert.Contains(
            "application/vnd.hyperlight.sdk.snapshot.config.v1+json", File.ReadAllText(Manifest(digest)), StringComparison.Ordinal);
    }

    [KvmFact(Needs.Paging32 | Needs.Interrupts)]
    public void What_was_loaded_of_a_guest_with_32_bit_paging_is_saved_again_as_it_was() =>
        What_was_loaded_is_saved_again_as_it_was(TickingGuest.Paged);

    /// <summary>Each row is a controller and the size of its state in bytes.</summary>
    [KvmTheory(Needs.Interrupts)]
    [InlineData(nameof(InterruptState.MasterPic), SnapshotInterrupts.PicSize)]
    [InlineData(nameof(InterruptState.SlavePic), SnapshotInterrupts.PicSize)]
    [InlineData(nameof(InterruptState.IoApic), SnapshotInterrupts.IoApicSize)]
    [InlineData(nameof(InterruptState.LocalApic), SnapshotInterrupts.LocalApicSize)]
    public void Hostile_controllers_are_on_no_disk_or_hurt_their_own_guest_alone(string controller, int size)
    {
        using TestGuest guest = TickingGuest.Bake("ticks32");
        using Sandbox neighbour = guest.Start();
        using Snapshot snapshot = neighbour.TakeSnapshot();
        Random random = new(1272);
        int saved = 0;
        for (int i = 0; i < 10; i++)
        {
            Snapshot hostile = WithInterrupts(
                snapshot,
                Change(snapshot.Content.Processor.Interrupts!, controller, state => state[random.Next(size)] = (byte)random.Next(256)));
            try
            {
                hostile.Save(Saved, Tag);
            }
            catch (HyperlightException refused)
            {
                Assert.Equal(Rules.SnapshotNotSavable, refused.Finding!.Rule);
                continue;
            }

            saved++;
            using Snapshot loaded = Snapshot.Load(Saved, Tag);
            Exception? failure = Record.Exception(() =>
            {
                using Sandbox sandbox = loaded.CreateSandbox(options => options.CallTimeout = TimeSpan.FromMilliseconds(200));
                sandbox.Call<uint>("Count", 1u, TickingGuest.Period);
            });
            Assert.True(failure is null or HyperlightException or TimeoutException, $"{failure}");
        }

        Assert.InRange(saved, 1, 10);
        Assert.InRange(neighbour.Call<uint>("Count", 1u, TickingGuest.Period), 1u, uint.MaxValue);
    }

    [KvmFact(Needs.Interrupts)]
    public void A_guest_whose_local_apic_runs_a_timer_is_HL3008_and_can_be_kept_in_memory()
    {
        using TestGuest guest = TickingGuest.Bake("ticks32");
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        Snapshot counting = WithInterrupts(
            snapshot, Change(snapshot.Content.Processor.Interrupts!, nameof(InterruptState.LocalApic), state => state[0x380] = 1));

        HyperlightException refused = Assert.Throws<HyperlightException>(() => counting.Save(Saved, Tag));

        Assert.Equal(Rules.SnapshotNotSavable, refused.Finding!.Rule);
        Assert.Contains("counts down", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Saved));
        sandbox.Restore(counting);
        Assert.InRange(sandbox.Call<uint>("Count", 1u, TickingGuest.Period), 1u, uint.MaxValue);
    }

    private static InterruptState Change(InterruptState state, string controller, Action<byte[]> change)
    {
        InterruptState copy = state with
        {
            MasterPic = [.. state.MasterPic],
            SlavePic = [.. state.SlavePic],
            IoApic = [.. state.IoApic],
            LocalApic = [.. state.LocalApic],
        };
        change((byte[])typeof(InterruptState).GetProperty(controller)!.GetValue(copy)!);
        return copy;
    }

    private static Snapshot WithInterrupts(Snapshot snapshot, InterruptState interrupts) =>
        snapshot.With(snapshot.Content.Processor with { Interrupts = interrupts });

    private string Manifest(string digest) => Path.Combine(OciLayout.BlobDirectory(Saved), OciLayout.FileName(digest));
}
