using Hyperlight.Addresses;
using Hyperlight.Layouts;
using Hyperlight.Paging;
using static Hyperlight.Paging.PageTableEntry;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// Checks the page tables of a snapshot in our own format. They must be as a host builds them: first the roots, then the tables that
/// entries of other tables lead to. Each table has one level and at least one entry. Entries lead to these tables and to the guest's
/// memory, and to nothing else.
/// </summary>
internal sealed class SnapshotTableRules
{
    private const int PageSize = (int)GuestLayout.PageSize;
    private const int Unknown = -1;

    private readonly byte[] _tables;
    private readonly MemoryMap _map;
    private readonly AddressRange<GuestPhysicalAddress> _memory;
    private readonly AddressRange<GuestPhysicalAddress> _tableAddresses;
    private readonly PageTableFormat _format;

    // The level of each table, Unknown until an entry led to the table; and the tables that are still to be checked.
    private readonly int[] _levels;
    private readonly Queue<int> _waiting = [];

    private SnapshotTableRules(byte[] tables, MemoryMap map, ulong memorySize)
    {
        _tables = tables;
        _map = map;
        _memory = new(map.Layout.SnapshotBase, memorySize);
        _tableAddresses = new(map.PageTables.Gpa, (ulong)tables.Length);
        _format = PageTableFormat.Of(map.Layout.Paging);
        _levels = new int[tables.Length / PageSize];
        Array.Fill(_levels, Unknown);
    }

    /// <summary>
    /// Finds the first rule that the tables break. Returns a sentence without its end, or <c>null</c> if no rule is broken. Each table is
    /// checked once.
    /// </summary>
    /// <param name="tables">The tables, as they are in scratch memory.</param>
    /// <param name="map">The guest's memory at its start.</param>
    /// <param name="memorySize">The size of the memory from the layout's base up, in bytes.</param>
    public static string? FindFault(byte[] tables, MemoryMap map, ulong memorySize) =>
        new SnapshotTableRules(tables, map, memorySize).FindFault();

    private string? FindFault()
    {
        for (int root = 0; root < _levels.Length && _levels[root] == Unknown; root++)
        {
            Reach(root, level: 0);
            while (_waiting.TryDequeue(out int table))
            {
                if (FindFault(table) is { } fault)
                {
                    return fault;
                }
            }
        }

        int left = Array.IndexOf(_levels, Unknown);
        return left < 0 ? null : $"its page table {left} is not a root, and no entry of another table leads to it";
    }

    private string? FindFault(int table)
    {
        int level = _levels[table];
        ReadOnlySpan<byte> bytes = _tables.AsSpan(table * PageSize, PageSize);
        bool isEmpty = true;
        for (int i = 0; i < PageSize / _format.EntrySize; i++)
        {
            ulong entry = _format.Read(bytes, i);
            isEmpty &= (entry & Present) == 0;
            if ((entry & Present) != 0 && !(level == _format.LastLevel
                ? IsPage(new(entry & _format.AddressMask))
                : IsTable(entry, level + 1)))
            {
                return $"entry {i} of its page table {table} is 0x{entry:X}, entries of level {level} lead to "
                    + (level == _format.LastLevel
                        ? $"pages at {_memory} and {_map.Scratch.Addresses}"
                        : $"tables at {_tableAddresses}, each of one level");
            }
        }

        // Without this rule a file could claim any number of roots: pages of zeros take no room in a file with holes.
        return isEmpty
            ? $"its page table {table} has no entry, and each table that a host makes has one: each root leads at least to scratch"
            : null;
    }

    private bool IsPage(GuestPhysicalAddress gpa) => _memory.Contains(gpa) || _map.Scratch.Addresses.Contains(gpa);

    private bool IsTable(ulong entry, int level)
    {
        GuestPhysicalAddress address = new(entry & _format.AddressMask);
        if (!_tableAddresses.Contains(address) || (entry & Large) != 0)
        {
            return false;
        }

        int table = (int)((address - _tableAddresses.Start) / PageSize);
        if (_levels[table] == Unknown)
        {
            Reach(table, level);
        }

        return _levels[table] == level;
    }

    private void Reach(int table, int level)
    {
        _levels[table] = level;
        _waiting.Enqueue(table);
    }
}
