using Hyperlight.Machine;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Runtime.Tests.Regions;
using static Hyperlight.Runtime.Tests.Regions.GuestFile;

namespace Hyperlight.Runtime.Tests.Machine;

/// <summary>
/// Tests that a machine gives each piece of memory a slot of its own and gets the slot back. No other tests run at the same time, because
/// one test counts the files of the whole process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class MemorySlotTests
{
    private const int Steps = 250;
    private const int Places = 6;

    // The image and scratch, and the most layers that snapshots add.
    private const uint FewestPieces = 2;
    private const uint MostLayers = 4;

    public static TheoryData<string, int> Sequences => new()
    {
        { Amd64, 1 },
        { Amd64, 2 },
        { Flat, 1 },
    };

    [Fact]
    public void A_hypervisor_takes_only_so_many_and_a_returned_slot_makes_room()
    {
        MemorySlots slots = new(count: 3);

        Assert.Equal([0u, 1u, 2u, null], (uint?[])[slots.Take(), slots.Take(), slots.Take(), slots.Take()]);
        slots.Return(1);
        Assert.Equal(2u, slots.TakenCount);
        Assert.Equal([1u, null], (uint?[])[slots.Take(), slots.Take()]);
    }

    [KvmTheory]
    [MemberData(nameof(Sequences))]
    public void Whatever_is_mapped_unmapped_taken_and_restored_leaves_no_slot_and_no_descriptor(string name, int seed)
    {
        using TestGuest guest = new(name);
        using GuestFile file = new(5000);
        using SharedRegion region = SharedRegion.FromBytes("region", [1]);
        HostState before = HostState.Now();
        using (Sandbox sandbox = guest.Start())
        {
            using Snapshot first = sandbox.TakeSnapshot();
            sandbox.Restore(first);
            uint slotsAtFirst = sandbox.Machine.TakenSlotCount;
            Walk walk = new(sandbox, first, file.Path, region, FreeAddress(name), new(seed));
            for (int step = 0; step < Steps; step++)
            {
                walk.Step();
                Assert.InRange(
                    sandbox.Machine.TakenSlotCount - walk.MappingCount, FewestPieces, FewestPieces + MostLayers);
            }

            walk.Dispose();
            sandbox.Restore(first);
            Assert.Equal(slotsAtFirst, sandbox.Machine.TakenSlotCount);
            Assert.Equal((0, 0), UsesOf(file.Path));
        }

        Assert.Equal(before, HostState.Now());
    }

    private static (int Descriptors, int Mappings) UsesOf(string path) => (
        Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(entry => new FileInfo(entry).LinkTarget == path),
        File.ReadLines("/proc/self/maps").Count(line => line.EndsWith(path, StringComparison.Ordinal)));

    /// <summary>A random sequence of uses of one sandbox, and what is mapped into the sandbox after each.</summary>
    private sealed class Walk(Sandbox sandbox, Snapshot first, string file, SharedRegion region, GuestPhysicalAddress at, Random random)
        : IDisposable
    {
        private readonly Dictionary<GuestPhysicalAddress, RegionMapping> _mappings = [];
        private readonly List<Snapshot> _snapshots = [];

        public uint MappingCount => (uint)_mappings.Count;

        public void Step()
        {
            GuestPhysicalAddress place = at + ((ulong)random.Next(Places) * 0x10000);
            switch (random.Next(7))
            {
                case 0:
                    Map(place, () => sandbox.MapFile(file, place));
                    break;
                case 1:
                    Map(place, () => sandbox.MapRegion(region, place));
                    break;
                case 2 when _mappings.Remove(place, out RegionMapping? mapping):
                    mapping.Dispose();
                    break;
                case 3 when _mappings.Remove(place):
                    sandbox.Unmap(place);
                    break;
                case 4:
                    _snapshots.Add(sandbox.TakeSnapshot());
                    break;
                case 5:
                    sandbox.Restore(_snapshots.Count == 0 ? first : _snapshots[random.Next(_snapshots.Count)]);
                    _mappings.Clear();
                    break;
                default:
                    sandbox.Call("SetDataWord", random.Next());
                    break;
            }
        }

        public void Dispose() => _snapshots.ForEach(snapshot => snapshot.Dispose());

        private void Map(GuestPhysicalAddress place, Func<RegionMapping> map)
        {
            if (_mappings.ContainsKey(place))
            {
                Assert.Equal(Rules.RegionOverlap, Assert.Throws<HyperlightException>(map).Finding!.Rule);
            }
            else
            {
                _mappings.Add(place, map());
            }
        }
    }
}
