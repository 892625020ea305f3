using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>
/// Tests snapshots of guests that have changed their page tables (amd64 sheet, sections 3.1 and 6.3). Changes that a snapshot refuses are
/// in the folder <c>Hostile</c>.
/// </summary>
public sealed class RewrittenTablesTests : IDisposable
{
    private const ulong Table = 0x23; // present, writable, accessed

    private readonly TestGuest _guest;
    private readonly Sandbox _sandbox;
    private readonly MemoryMap _map;

    public RewrittenTablesTests()
    {
        Probes.Require(Needs.Hypervisor);
        _guest = new("misbehave");
        _sandbox = _guest.Start();
        _map = _guest.Image.Map;
    }

    public void Dispose()
    {
        _sandbox?.Dispose();
        _guest?.Dispose();
    }

    [KvmFact]
    public void An_entry_that_leads_out_of_memory_is_dropped()
    {
        WriteRoot(3, 0x7_0000_0000 | Table);

        using Snapshot snapshot = _sandbox.TakeSnapshot();
        _sandbox.Restore(snapshot);

        Assert.Equal(42, _sandbox.Call<int>("DataWord"));
        Assert.Equal(0, _sandbox.Call<int>("ReadByte", RootEntry(3)));
    }

    [KvmFact]
    public void A_page_that_is_seen_at_two_addresses_is_kept_once_and_stays_at_both()
    {
        _sandbox.Call("SetDataWord", 7);
        using Snapshot before = _sandbox.TakeSnapshot();
        WriteRoot(3, ReadRoot(0));
        ulong address = _sandbox.Call<ulong>("DataWordAddress");
        Assert.Equal(7, _sandbox.Call<int>("ReadByte", (3UL << 39) + address));

        using Snapshot snapshot = _sandbox.TakeSnapshot();
        _sandbox.Restore(snapshot);

        // The snapshot has three more tables and no more pages.
        Assert.Equal(before.Size + 0x3000, snapshot.Size);
        Assert.Equal((7, 7), (_sandbox.Call<int>("ReadByte", (3UL << 39) + address), _sandbox.Call<int>("ReadByte", address)));
    }

    [KvmFact]
    public void Several_roots_lie_behind_each_other_and_share_what_they_shared()
    {
        using Sandbox sandbox = _guest.Start(options => options.PageTableRoots = (current, _) => [current, current]);
        sandbox.Call("SetDataWord", 7);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        sandbox.Restore(snapshot);

        Assert.Equal(7, sandbox.Call<int>("DataWord"));
        int[] indices = [0, 511];
        Assert.All(indices, index => Assert.NotEqual(0UL, Read(sandbox, RootEntry(index))));
        Assert.All(indices, index => Assert.Equal(Read(sandbox, RootEntry(index)), Read(sandbox, RootEntry(512 + index))));
    }

    private ulong RootEntry(int index) => _map.PageTables.Gva.Value + ((ulong)index * 8);

    private ulong ReadRoot(int index) => Read(_sandbox, RootEntry(index));

    private static ulong Read(Sandbox sandbox, ulong address)
    {
        ulong entry = 0;
        for (int i = 7; i >= 0; i--)
        {
            entry = entry << 8 | (uint)sandbox.Call<int>("ReadByte", address + (uint)i);
        }

        return entry;
    }

    /// <summary>Writes an entry. The byte that makes the entry present is written last.</summary>
    private void WriteRoot(int index, ulong entry)
    {
        // The upper bytes stay zero, because addresses have 36 bits.
        for (int i = 4; i >= 0; i--)
        {
            _sandbox.Call<int>("WriteByte", RootEntry(index) + (uint)i, (int)(byte)(entry >> (8 * i)));
        }
    }
}
