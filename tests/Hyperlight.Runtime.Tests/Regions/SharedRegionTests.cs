using Hyperlight.Runtime.Tests.Guests;
using static Hyperlight.Runtime.Tests.Regions.GuestFile;

namespace Hyperlight.Runtime.Tests.Regions;

/// <summary>
/// Tests host memory that guests share. No other tests run at the same time, because one test counts the mappings of the process.
/// </summary>
[Collection(nameof(Alone))]
[Wine]
public class SharedRegionTests
{
    public static TheoryData<string> Guests => [Amd64, I686, Flat];

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void Several_sandboxes_read_one_region_also_after_it_is_disposed(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox first = guest.Start();
        using Sandbox second = guest.Start();
        GuestPhysicalAddress at = FreeAddress(name);
        using (SharedRegion region = SharedRegion.FromBytes("weights", Content(5000)))
        {
            Assert.Equal((0x2000L, 0x2000L), (first.MapRegion(region, at).Size, second.MapRegion(region, at + 0x10000).Size));
        }

        first.Call<ulong>("MapRegion", at.Value, 0UL, 0x2000UL, ReadOnly);
        second.Call<ulong>("MapRegion", at.Value + 0x10000, 0UL, 0x2000UL, ReadOnly);
        Assert.Equal(4999 % 251, first.Call<int>("ReadByte", at.Value + 4999));
        first.Dispose();
        Assert.Equal((5, 0), (second.Call<int>("ReadByte", at.Value + 0x10005), second.Call<int>("ReadByte", at.Value + 0x10000 + 5000)));
    }

    [KvmFact]
    public void A_write_to_it_is_a_fault_that_names_it()
    {
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();
        using SharedRegion region = SharedRegion.FromBytes("weights", [1]);
        sandbox.Call<ulong>(
            "MapRegion", FreeAddress(Amd64).Value, 0UL, (ulong)sandbox.MapRegion(region, FreeAddress(Amd64)).Size, ReadOnly);

        GuestFaultException fault = Assert.Throws<GuestFaultException>(() => sandbox.Call("WritePhysically", FreeAddress(Amd64).Value));

        Assert.Equal((MemoryAccessKind.Write, "weights"), (fault.Access, fault.Region));
    }

    [KvmFact]
    public void What_is_unmapped_is_gone_for_the_guest()
    {
        using TestGuest guest = new(I686);
        using Sandbox sandbox = guest.Start();
        using SharedRegion region = SharedRegion.FromBytes("weights", [7]);
        sandbox.MapRegion(region, FreeAddress(I686));
        Assert.Equal(7, sandbox.Call<int>("ReadByte", FreeAddress(I686).Value));

        sandbox.Unmap(FreeAddress(I686));

        GuestFaultException fault = Assert.Throws<GuestFaultException>(() => sandbox.Call<int>("ReadByte", FreeAddress(I686).Value));
        Assert.Equal((FreeAddress(I686), null), (fault.Address, fault.Region));
    }

    [KvmFact]
    public void A_disposed_region_is_refused()
    {
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();
        SharedRegion region = SharedRegion.FromBytes("weights", [1]);
        sandbox.MapRegion(region, FreeAddress(Amd64));
        sandbox.Unmap(FreeAddress(Amd64));
        region.Dispose();
        region.Dispose();

        Assert.Throws<ObjectDisposedException>(() => sandbox.MapRegion(region, FreeAddress(Amd64)));
    }

    [KvmFact]
    public void A_stream_may_give_the_bytes()
    {
        using TestGuest guest = new(I686);
        using MemoryStream stream = new(Content(3_000_000));
        stream.Position = 1;
        using SharedRegion region = SharedRegion.FromStream("weights", stream, 2_500_000);
        using Sandbox sandbox = guest.Start(options => options.MapRegion(region, FreeAddress(I686)));

        Assert.Equal(2_500_001, stream.Position);
        Assert.All(
            [0, 1_048_576, 2_499_999],
            offset => Assert.Equal((offset + 1) % 251, sandbox.Call<int>("ReadByte", FreeAddress(I686).Value + (ulong)offset)));
        Assert.Equal(0, sandbox.Call<int>("ReadByte", FreeAddress(I686).Value + 2_500_000));
        Assert.Equal("weights (2.4 MiB)", region.ToString());
    }

    [Fact]
    public void A_region_has_a_name_and_bytes()
    {
        using MemoryStream stream = new(new byte[10]);

        Assert.Throws<ArgumentOutOfRangeException>(() => SharedRegion.FromBytes("empty", []));
        Assert.Throws<ArgumentException>(() => SharedRegion.FromBytes("", [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => SharedRegion.FromStream("empty", stream, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SharedRegion.FromStream("empty", stream, -1));
        Assert.Throws<EndOfStreamException>(() => SharedRegion.FromStream("short", stream, 11));
    }

    [KvmFact]
    public void KVM_takes_hundreds_of_regions_and_numbers_are_used_again()
    {
        // Older kernels have 509 slots, newer ones 32764.
        Assert.InRange(Hypervisor.Chosen.MemorySlotCount, 509u, 1u << 15);
        using TestGuest guest = new(I686);
        using Sandbox sandbox = guest.Start();
        using SharedRegion region = SharedRegion.FromBytes("region", [1]);
        GuestPhysicalAddress At(uint page) => FreeAddress(I686) + (page * 0x1000);
        for (uint page = 0; page < 50; page++)
        {
            sandbox.MapRegion(region, At(page));
        }

        sandbox.Unmap(At(5));
        sandbox.Unmap(At(9));
        sandbox.MapRegion(region, At(60));
        sandbox.MapRegion(region, At(61));

        Assert.All((uint[])[0, 49, 60, 61], page => Assert.Equal(1, sandbox.Call<int>("ReadByte", At(page).Value)));
        Assert.Throws<GuestFaultException>(() => sandbox.Call<int>("ReadByte", At(5).Value));
    }

    [KvmFact(Needs.Linux)]
    public void Mapping_again_and_again_leaves_nothing_behind()
    {
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using GuestFile file = new(5000);
        Round(sandbox, snapshot, file);
        (int descriptors, int mappings) = Counts();

        for (int i = 0; i < 100; i++)
        {
            Round(sandbox, snapshot, file);
        }

        // The .NET runtime may map memory of its own. One leaked mapping for each round would be 100.
        (int descriptorsAfter, int mappingsAfter) = Counts();
        Assert.InRange(descriptorsAfter, 0, descriptors + 20);
        Assert.InRange(mappingsAfter, 0, mappings + 60);
    }

    private static void Round(Sandbox sandbox, Snapshot snapshot, GuestFile file)
    {
        using SharedRegion region = SharedRegion.FromBytes("region", [1]);
        sandbox.MapRegion(region, FreeAddress(Amd64));
        sandbox.MapFile(file.Path, FreeAddress(Amd64) + 0x10000);
        Assert.Throws<HyperlightException>(() => sandbox.MapFile(file.Path, FreeAddress(Amd64)));
        sandbox.Unmap(FreeAddress(Amd64));
        sandbox.MapRegion(region, FreeAddress(Amd64));
        sandbox.Restore(snapshot);
        using Sandbox other = snapshot.CreateSandbox(options => options.MapFile(file.Path, FreeAddress(Amd64)));
    }

    private static (int Descriptors, int Mappings) Counts()
    {
        ProcessCounts.Settle();
        return (ProcessCounts.Descriptors, ProcessCounts.Mappings);
    }
}
