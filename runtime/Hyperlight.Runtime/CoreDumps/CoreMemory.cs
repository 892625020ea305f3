using Hyperlight.Baking;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Snapshots;

namespace Hyperlight.CoreDumps;

/// <summary>
/// All that a guest could see when it crashed. Its page tables are its own work: what they say is bounded by the number of pages asked for,
/// and tables that lead to each other end the list early instead of never.
/// </summary>
internal sealed class CoreMemory
{
    // An ELF file counts its program headers with 16 bits, of which the highest value has another meaning; one is for the notes.
    private const int MaxSegments = 0xFFFF - 2;

    private readonly PhysicalMemory _memory;
    private readonly int _maxPages;
    private readonly List<ulong> _pages = [];
    private readonly List<CoreSegment> _segments = [];

    private CoreMemory(PhysicalMemory memory, int maxPages)
    {
        _memory = memory;
        _maxPages = maxPages;
    }

    /// <summary>The pages: as page tables map them in ascending order, without page tables as they were given.</summary>
    public IReadOnlyList<CoreSegment> Segments => _segments;

    /// <summary>The physical address of each page of each segment.</summary>
    public IReadOnlyList<ulong> Pages => _pages;

    /// <summary>Whether there is more than what is listed.</summary>
    public bool IsCut { get; private set; }

    /// <summary>What page tables map.</summary>
    public static CoreMemory Mapped(PhysicalMemory memory, PageTableFormat format, GuestPhysicalAddress tables, int maxPages)
    {
        CoreMemory core = new(memory, maxPages);
        try
        {
            new PageTableWalker(format, memory, new(ulong.MaxValue)).Walk(tables, core.Add);
        }
        catch (Exception exception) when (exception is SnapshotFailedException or FullException)
        {
            core.IsCut = true;
        }

        return core;
    }

    /// <summary>All memory at its physical addresses, for a guest without page tables.</summary>
    public static CoreMemory Unmapped(PhysicalMemory memory, IEnumerable<(GuestPhysicalAddress Start, ulong Size)> ranges, int maxPages)
    {
        CoreMemory core = new(memory, maxPages);
        try
        {
            foreach ((GuestPhysicalAddress start, ulong size) in ranges)
            {
                for (ulong offset = 0; offset < size; offset += GuestLayout.PageSize)
                {
                    ulong address = start.Value + offset;
                    core.Add(new(address), address, MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute);
                }
            }
        }
        catch (FullException)
        {
            core.IsCut = true;
        }

        return core;
    }

    /// <summary>The bytes of a page, none when it is gone since.</summary>
    public ReadOnlySpan<byte> Page(int number) => _memory.Page(_pages[number]);

    private void Add(PageLeaf leaf) => Add(
        leaf.Gva,
        leaf.Gpa,
        MemoryPermissions.Read
            | ((leaf.Bits & PageTableEntry.CopyOnWrite) != 0 ? MemoryPermissions.Write : MemoryPermissions.None)
            | ((leaf.Bits & PageTableEntry.NoExecute) == 0 ? MemoryPermissions.Execute : MemoryPermissions.None));

    private void Add(GuestVirtualAddress gva, ulong gpa, MemoryPermissions permissions)
    {
        if (_pages.Count >= _maxPages)
        {
            throw new FullException();
        }

        if (_segments is [.., CoreSegment last]
            && last.Permissions == permissions
            && last.Gva.Value + ((ulong)last.PageCount * GuestLayout.PageSize) == gva.Value)
        {
            _segments[^1] = last with { PageCount = last.PageCount + 1 };
        }
        else if (_segments.Count < MaxSegments)
        {
            _segments.Add(new(gva, permissions, _pages.Count, 1));
        }
        else
        {
            throw new FullException();
        }

        _pages.Add(gpa);
    }

    // Ends a walk from inside.
    private sealed class FullException : Exception;
}
