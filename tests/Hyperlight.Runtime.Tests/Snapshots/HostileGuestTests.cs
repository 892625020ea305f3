using System.Diagnostics;
using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Snapshots of a guest that has written to its own page tables; amd64 sheet, sections 3.1 and 6.3.</summary>
public sealed class HostileGuestTests : IDisposable
{
    private const ulong Table = 0x23; // present, writable, accessed

    private readonly TestGuest _guest;
    private readonly Sandbox _sandbox;
    private readonly MemoryMap _map;

    public HostileGuestTests()
    {
        Assert.SkipWhen(KvmFactAttribute.Reason is not null, KvmFactAttribute.Reason ?? "");
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
    public void Tables_that_lead_to_themselves_are_refused_in_no_time()
    {
        for (int i = 1; i <= 12; i++)
        {
            WriteRoot(i, _map.PageTables.Gpa.Value | Table);
        }

        Stopwatch watch = Stopwatch.StartNew();
        SnapshotFailedException exception = Assert.Throws<SnapshotFailedException>(_sandbox.Snapshot);

        // A walk to the end would meet 12⁴ tables; the limit on work ends it in milliseconds, which leaves much room for slow machines.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Contains("page tables", exception.Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Ready, _sandbox.State);
        Assert.Equal(42, _sandbox.Call<int>("DataWord"));
    }

    [KvmFact]
    public void An_entry_that_leads_out_of_memory_is_dropped()
    {
        WriteRoot(3, 0x7_0000_0000 | Table);

        using Snapshot snapshot = _sandbox.Snapshot();
        _sandbox.Restore(snapshot);

        Assert.Equal(42, _sandbox.Call<int>("DataWord"));
        Assert.Equal(0, _sandbox.Call<int>("ReadByte", RootEntry(3)));
    }

    [KvmFact]
    public void A_page_that_is_seen_at_two_addresses_is_kept_once_and_stays_at_both()
    {
        _sandbox.Call("SetDataWord", 7);
        using Snapshot before = _sandbox.Snapshot();
        WriteRoot(3, ReadRoot(0));
        ulong address = _sandbox.Call<ulong>("DataWordAddress");
        Assert.Equal(7, _sandbox.Call<int>("ReadByte", (3UL << 39) + address));

        using Snapshot snapshot = _sandbox.Snapshot();
        _sandbox.Restore(snapshot);

        // Three more tables and not a page.
        Assert.Equal(before.Size + 0x3000, snapshot.Size);
        Assert.Equal((7, 7), (_sandbox.Call<int>("ReadByte", (3UL << 39) + address), _sandbox.Call<int>("ReadByte", address)));
    }

    [KvmFact]
    public void More_tables_than_scratch_has_room_for_are_refused()
    {
        ulong entry = ReadRoot(0);
        for (int i = 3; i < 23; i++)
        {
            WriteRoot(i, entry);
        }

        Assert.Contains("raise ScratchSize", Assert.Throws<SnapshotFailedException>(_sandbox.Snapshot).Message, StringComparison.Ordinal);
        Assert.Equal(42, _sandbox.Call<int>("DataWord"));
    }

    [KvmFact]
    public void A_sandbox_with_broken_tables_can_be_restored()
    {
        using Snapshot snapshot = _sandbox.Snapshot();

        // Scratch, buffers and exception stack are gone, as soon as the processor notices.
        Exception? exception = Record.Exception(() => WriteRoot(511, 0, bytes: 1));
        Assert.True(exception is null or HyperlightException, $"{exception}");

        _sandbox.Restore(snapshot);

        Assert.Equal(42, _sandbox.Call<int>("DataWord"));
    }

    private ulong RootEntry(int index) => _map.PageTables.Gva.Value + ((ulong)index * 8);

    private ulong ReadRoot(int index)
    {
        ulong entry = 0;
        for (int i = 7; i >= 0; i--)
        {
            entry = entry << 8 | (uint)_sandbox.Call<int>("ReadByte", RootEntry(index) + (uint)i);
        }

        return entry;
    }

    /// <summary>Writes an entry, the byte that makes it present last.</summary>
    private void WriteRoot(int index, ulong entry, int bytes = 5)
    {
        for (int i = bytes - 1; i >= 0; i--)
        {
            _sandbox.Call<int>("WriteByte", RootEntry(index) + (uint)i, (int)(byte)(entry >> (8 * i)));
        }
    }
}
