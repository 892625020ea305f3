using Hyperlight.Runtime.Tests.Guests;
using static Hyperlight.Runtime.Tests.Regions.GuestFile;

namespace Hyperlight.Runtime.Tests.Regions;

/// <summary>Tests when the disposal of a mapping unmaps it.</summary>
[Wine]
public sealed class RegionMappingTests : IDisposable
{
    private static readonly GuestPhysicalAddress At = FreeAddress(I686);

    private readonly TestGuest _guest = new(I686);
    private readonly GuestFile _file = new(5000);

    public void Dispose()
    {
        _file.Dispose();
        _guest.Dispose();
    }

    [KvmFact]
    public void A_mapping_tells_where_it_is_and_how_large()
    {
        using Sandbox sandbox = _guest.Start();

        using RegionMapping mapping = sandbox.MapFile(_file.Path, At);

        Assert.Equal((At, 0x2000L), (mapping.Address, mapping.Size));
        Assert.Equal($"{_file.Path} at {At} (8192 bytes)", mapping.ToString());
    }

    [KvmFact]
    public void Disposing_a_mapping_unmaps_it_and_makes_room()
    {
        using Sandbox sandbox = _guest.Start();
        using SharedRegion region = SharedRegion.FromBytes("region", [7]);
        RegionMapping file = sandbox.MapFile(_file.Path, At);
        RegionMapping other = sandbox.MapRegion(region, At + 0x10000);

        file.Dispose();
        file.Dispose();

        RegionMapping again = sandbox.MapRegion(region, At);
        file.Dispose();
        Assert.Equal((7, 7), (Read(sandbox, At), Read(sandbox, other.Address)));
        again.Dispose();
        Assert.Throws<GuestFaultException>(() => Read(sandbox, At));
    }

    [KvmFact]
    public void The_region_of_a_mapping_stays_its_owner_s()
    {
        using Sandbox sandbox = _guest.Start();
        using SharedRegion region = SharedRegion.FromBytes("region", [7]);
        sandbox.MapRegion(region, At).Dispose();

        sandbox.MapRegion(region, At);

        Assert.Equal(7, Read(sandbox, At));
    }

    [KvmFact]
    public void A_mapping_that_is_disposed_during_a_call_lasts_as_long_as_the_call()
    {
        RegionMapping? mapping = null;
        using Sandbox sandbox = _guest.Start(options => options.HostFunctions.Add("Block", () => mapping!.Dispose()));
        mapping = sandbox.MapFile(_file.Path, At);

        sandbox.Call("SpinInHostCall");

        sandbox.MapFile(_file.Path, At).Dispose();
        Assert.Throws<GuestFaultException>(() => Read(sandbox, At));
    }

    [KvmFact]
    public void A_snapshot_after_a_call_in_which_a_mapping_was_disposed_lists_no_file()
    {
        RegionMapping? mapping = null;
        using Sandbox sandbox = _guest.Start(options => options.HostFunctions.Add("Block", () => mapping?.Dispose()));
        sandbox.Call("SpinInHostCall");
        using Snapshot before = sandbox.TakeSnapshot();
        mapping = sandbox.MapFile(_file.Path, At);
        sandbox.Call("SpinInHostCall");

        using Snapshot after = sandbox.TakeSnapshot();

        Assert.Equal(before.Size, after.Size);
    }

    [KvmFact]
    public void A_mapping_of_a_poisoned_sandbox_hides_no_failure_when_it_is_disposed()
    {
        using Sandbox sandbox = _guest.Start();

        Assert.Throws<GuestAbortedException>(() =>
        {
            using RegionMapping mapping = sandbox.MapFile(_file.Path, At);
            sandbox.Call("Abort", 1, "x");
        });
    }

    [KvmFact]
    public void A_mapping_that_a_restore_or_disposal_has_ended_is_disposed_in_vain()
    {
        using Sandbox sandbox = _guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        RegionMapping restored = sandbox.MapFile(_file.Path, At);
        sandbox.Restore(snapshot);
        RegionMapping successor = sandbox.MapFile(_file.Path, At);

        restored.Dispose();

        Assert.Equal(9, Read(sandbox, At + 9));
        sandbox.Dispose();
        successor.Dispose();
    }

    [KvmFact]
    public void A_call_waits_for_a_mapping_that_is_disposed_at_the_same_moment_and_is_not_refused()
    {
        using Sandbox sandbox = _guest.Start();
        using Barrier together = new(2);
        for (int round = 0; round < 200; round++)
        {
            RegionMapping mapping = sandbox.MapFile(_file.Path, At);
            Thread other = new(() =>
            {
                together.SignalAndWait();
                mapping.Dispose();
            });
            other.Start();
            together.SignalAndWait();

            sandbox.Call("DataWord");
            sandbox.Call("DataWord");

            other.Join();
        }
    }

    private static int Read(Sandbox sandbox, GuestPhysicalAddress address) => sandbox.Call<int>("ReadByte", address.Value);
}
