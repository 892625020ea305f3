using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Interrupts;

/// <summary>Tests that snapshots contain the state of the interrupt controllers.</summary>
public sealed class InterruptSnapshotTests
{
    private const uint AllButTimer = 0xFE;

    public static TheoryData<string> Guests => TickingGuest.Names;

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(Guests))]
    public void A_restore_brings_counters_and_controllers_back(string name)
    {
        using TestGuest guest = TickingGuest.Bake(name);
        using Sandbox sandbox = guest.Start();
        uint before = sandbox.Call<uint>("Count", 3u, TickingGuest.Period);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        sandbox.Call<uint>("Count", 3u, TickingGuest.Period);
        sandbox.Call("SetMask", 0xFFu);

        sandbox.Restore(snapshot);

        Assert.Equal(before, sandbox.Call<uint>("Total"));
        Assert.Equal(AllButTimer, sandbox.Call<uint>("Mask"));
        Assert.InRange(sandbox.Call<uint>("Count", 3u, TickingGuest.Period), before + 3, uint.MaxValue);
    }

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(Guests))]
    public void A_new_sandbox_goes_on_with_the_controllers_of_the_snapshot(string name)
    {
        using TestGuest guest = TickingGuest.Bake(name);
        using Sandbox sandbox = guest.Start();
        uint before = sandbox.Call<uint>("Count", 3u, TickingGuest.Period);
        using Snapshot snapshot = sandbox.TakeSnapshot();

        using Sandbox other = snapshot.CreateSandbox();

        Assert.Equal(AllButTimer, other.Call<uint>("Mask"));
        Assert.InRange(other.Call<uint>("Count", 3u, TickingGuest.Period), before + 3, uint.MaxValue);
    }

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(Guests))]
    public void A_tick_that_waits_belongs_to_the_snapshot(string name)
    {
        using TestGuest guest = TickingGuest.Bake(name);
        using Sandbox clock = guest.Start();
        using Sandbox sandbox = TickingGuest.StartWithClock(guest, clock);
        using Snapshot nothingWaits = sandbox.TakeSnapshot();
        sandbox.Call("Latch", TickingGuest.Period);
        using Snapshot oneWaits = sandbox.TakeSnapshot();

        Assert.Equal(1u, sandbox.Call<uint>("Pending"));
        sandbox.Restore(oneWaits);
        Assert.Equal(1u, sandbox.Call<uint>("Pending"));
        sandbox.Restore(oneWaits);
        sandbox.Restore(nothingWaits);
        Assert.Equal(0u, sandbox.Call<uint>("Pending"));
    }

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(Guests))]
    public void A_snapshot_with_interrupts_does_not_fit_a_sandbox_without(string name)
    {
        using TestGuest guest = TickingGuest.Bake(name);
        using TestGuest plain = new("misbehave" + name["ticks".Length..]);
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using Sandbox other = plain.Start();
        using Snapshot plainSnapshot = other.TakeSnapshot();

        Assert.Contains(
            "HardwareInterrupts: the snapshot has True, the sandbox False",
            Assert.Throws<SnapshotMismatchException>(() => other.Restore(snapshot)).Differences);
        Assert.Contains(
            "HardwareInterrupts: the snapshot has False, the sandbox True",
            Assert.Throws<SnapshotMismatchException>(() => sandbox.Restore(plainSnapshot)).Differences);
        Assert.InRange(sandbox.Call<uint>("Count", 1u, TickingGuest.Period), 1u, uint.MaxValue);
    }

    [KvmFact]
    public void Pages_of_a_snapshot_that_would_cover_a_device_are_refused_and_the_guest_goes_on()
    {
        // A guest that has written 4 GiB would reach the interrupt controllers. Here a device right behind the image takes their place.
        using TestGuest guest = new("misbehave", request => request with { Sizes = request.Sizes with { HeapSize = 0x1000 } });
        ImageConfig config = guest.Image.Config;
        GuestPhysicalAddress end = new(guest.Image.Map.InitData.Gva.Value);
        GuestLayout layout = guest.Image.Layout with { ReservedRanges = [new("device", new(end, 0x1000))] };
        MemoryMap map = MemoryMap.TryCreate(layout, config.Sizes, config.CodeSize, config.Regions[0].StoredSize, new List<Finding>())!;
        using Sandbox sandbox = Sandbox.Start(
            new("test", guest.Image.EntryPoint, ImageDigest: null), map, guest.Image.File, new(), default);

        SnapshotFailedException exception = Assert.Throws<SnapshotFailedException>(() => sandbox.TakeSnapshot());

        Assert.Contains($"the page of the device is ({end})", exception.Message, StringComparison.Ordinal);
        Assert.Equal(42, sandbox.Call<int>("DataWord"));
    }
}
