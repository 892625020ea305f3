using Hyperlight.Memory;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Snapshots;
using static Hyperlight.Runtime.Tests.Regions.GuestFile;

namespace Hyperlight.Runtime.Tests.Regions;

/// <summary>Tests snapshots and restores of sandboxes with mapped files and regions.</summary>
[Wine]
public class RegionSnapshotTests
{
    private static readonly GuestPhysicalAddress At = FreeAddress(Amd64);

    public static TheoryData<string> Guests => [Amd64, I686, Flat];

    [KvmFact]
    public void A_snapshot_has_the_pages_that_the_guest_had_mapped()
    {
        using TestGuest guest = new(Amd64);
        Snapshot snapshot;
        using (GuestFile file = new(0x4000))
        {
            using Sandbox first = guest.Start();
            first.MapFile(file.Path, At);
            first.Call<ulong>("MapRegion", At.Value + 0x1000, 0UL, 0x2000UL, CopyOnWrite);
            first.Call<int>("WriteByte", At.Value + 0x2000, 0x77);
            snapshot = first.TakeSnapshot();
        }

        using (snapshot)
        {
            using Sandbox second = snapshot.CreateSandbox();

            Assert.Equal(0x1005 % 251, second.Call<int>("ReadByte", At.Value + 0x1005));
            Assert.Equal(0x77, second.Call<int>("ReadByte", At.Value + 0x2000));
            Assert.Equal(1, second.Call<int>("WriteByte", At.Value + 0x1000, 1));
            Assert.Throws<GuestCpuException>(() => second.Call<int>("ReadByte", At.Value));
        }
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_restore_unmaps(string name)
    {
        using GuestFile file = new(0x2000);
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        GuestPhysicalAddress at = FreeAddress(name);
        using Snapshot before = sandbox.TakeSnapshot();
        sandbox.MapFile(file.Path, at);

        sandbox.Restore(before);

        sandbox.Call<ulong>("MapRegion", at.Value, 0UL, 0x2000UL, ReadOnly);
        GuestFaultException fault = Assert.Throws<GuestFaultException>(() => sandbox.Call<int>("ReadByte", at.Value));
        Assert.Equal((at, null), (fault.Address, fault.Region));
        sandbox.Restore(before);
        Assert.Equal(0x2000L, sandbox.MapFile(file.Path, at).Size);
        sandbox.Call<ulong>("MapRegion", at.Value, 0UL, 0x2000UL, ReadOnly);
        Assert.Equal(8, sandbox.Call<int>("ReadByte", at.Value + 8));
    }

    [KvmFact]
    public void A_snapshot_of_an_identity_guest_has_nothing_of_a_mapping()
    {
        using GuestFile file = new(0x2000);
        using TestGuest guest = new(I686);
        using Sandbox sandbox = guest.Start();
        using Snapshot before = sandbox.TakeSnapshot();
        sandbox.MapFile(file.Path, FreeAddress(I686));

        using Snapshot mapped = sandbox.TakeSnapshot();

        // The additional page is the PEB, in which the file was listed.
        Assert.Equal(before.Size + (long)GuestLayout.PageSize, mapped.Size);
        using Sandbox other = mapped.CreateSandbox();
        Assert.Throws<GuestFaultException>(() => other.Call<int>("ReadByte", FreeAddress(I686).Value));
    }

    [KvmFact]
    public void A_mapping_makes_the_next_snapshot_another_one()
    {
        using GuestFile file = new(1);
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();
        using Snapshot first = sandbox.TakeSnapshot();

        sandbox.MapFile(file.Path, At);
        using Snapshot second = sandbox.TakeSnapshot();
        Assert.Same(second.Content, sandbox.TakeContent());
        sandbox.Unmap(At);
        using Snapshot third = sandbox.TakeSnapshot();

        Assert.NotSame(first.Content, second.Content);
        Assert.NotSame(second.Content, third.Content);
    }

    [KvmFact]
    public void A_snapshot_may_have_pages_where_a_region_was_mapped()
    {
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();
        using SharedRegion region = SharedRegion.FromBytes("near", new byte[0x1000]);
        GuestPhysicalAddress near = guest.Image.Map.PageTables.StoredSize > 0
            ? new(guest.Image.Map.Layout.SnapshotBase.Value + guest.Image.Map.SnapshotSize)
            : default;
        sandbox.MapRegion(region, near);
        sandbox.Call("SetDataWord", 5);
        using Snapshot snapshot = sandbox.TakeSnapshot();

        sandbox.Restore(snapshot);

        Assert.Equal(5, sandbox.Call<int>("DataWord"));
        HyperlightException exception = Assert.Throws<HyperlightException>(() => sandbox.MapRegion(region, near));
        Assert.Contains("pages of a snapshot", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mapping_does_not_let_a_walk_of_page_tables_take_longer()
    {
        using GuestFile file = new(0x4000);
        using TestGuest guest = new(Amd64);
        using GuestMemory memory = new(guest.Image.Map, guest.Image.File, Hypervisor.Chosen.Memory);
        ulong before = memory.ToPhysical().PageCount;

        memory.Regions.Add(new("file", At, RegularFile.Map(file.Path, memory.Host), slot: 16, label: null));

        Assert.Equal(before, memory.ToPhysical().PageCount);
        Assert.Equal(Content(0x1000), memory.ToPhysical().Page(At).ToArray());
    }
}
