using Hyperlight.Layouts;
using Hyperlight.Paging;
using static Hyperlight.Paging.PageTableEntry;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// What the page tables of a snapshot in our own format must be like, which is how a host builds them: the roots one behind the other, then tables that are
/// reached from them, each at one level. Each table was made for an entry; these lead to the tables and to the guest's memory, and nowhere else.
/// </summary>
internal sealed class SnapshotTableRules
{
    private const int PageSize = (int)GuestLayout.PageSize;
    private const int Unknown = -1;

    private readonly byte[] _tables;
    private readonly MemoryMap _map;
    private readonly ulong _memoryEnd;
    private readonly PageTableFormat _format;

    // The level of each table, as far as it was reached, and those that are still to be looked at.
    private readonly int[] _levels;
    private readonly Queue<int> _waiting = [];

    private SnapshotTableRules(byte[] tables, MemoryMap map, ulong memorySize)
    {
        _tables = tables;
        _map = map;
        _memoryEnd = map.Layout.SnapshotBase.Value + memorySize;
        _format = PageTableFormat.Of(map.Layout.Paging);
        _levels = new int[tables.Length / PageSize];
        Array.Fill(_levels, Unknown);
    }

    /// <summary>The first rule that tables break, as a sentence without its end; null when there is none. Each table is looked at once.</summary>
    /// <param name="tables">The tables, as they lie in scratch.</param>
    /// <param name="map">The guest's memory at its start.</param>
    /// <param name="memorySize">Bytes of the memory from the layout's base on.</param>
    public static string? FindFault(byte[] tables, MemoryMap map, ulong memorySize) => new SnapshotTableRules(tables, map, memorySize).FindFault();

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
        return left < 0 ? null : $"its page table {left} is reached from none of its roots, which come first";
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
            if ((entry & Present) != 0 && !(level == _format.LastLevel ? IsPage(entry & _format.AddressMask) : IsTable(entry, level + 1)))
            {
                return $"entry {i} of its page table {table} is 0x{entry:X}, entries of level {level} lead to "
                    + (level == _format.LastLevel
                        ? $"pages at {_map.Layout.SnapshotBase}-0x{_memoryEnd - 1:X} and {_map.Scratch.Gpa}-0x{_map.Scratch.Gpa.Value + _map.Scratch.Size - 1:X}"
                        : $"tables at {_map.PageTables.Gpa}-0x{_map.PageTables.Gpa.Value + (ulong)_tables.Length - 1:X}, each of one level");
            }
        }

        // Otherwise zeros, which take no room in a file, would be any number of roots.
        return isEmpty ? $"its page table {table} has no entry, and a host makes none without: each root leads to scratch at least" : null;
    }

    private bool IsPage(ulong gpa) =>
        (gpa >= _map.Layout.SnapshotBase.Value && gpa < _memoryEnd) || gpa - _map.Scratch.Gpa.Value < _map.Scratch.Size;

    private bool IsTable(ulong entry, int level)
    {
        ulong offset = (entry & _format.AddressMask) - _map.PageTables.Gpa.Value;
        if (offset >= (ulong)_tables.Length || (entry & Large) != 0)
        {
            return false;
        }

        int table = (int)(offset / PageSize);
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
