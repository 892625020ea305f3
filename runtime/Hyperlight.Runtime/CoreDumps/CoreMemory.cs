using Hyperlight.Memory;
using Hyperlight.Paging;

namespace Hyperlight.CoreDumps;

/// <summary>
/// The memory that a guest could see when it crashed. The guest wrote its page tables, so they may be hostile: each page of memory is
/// listed once, however often the tables map the page, and the list is limited by a number of pages, by the number of segments of an ELF
/// file, and by time.
/// </summary>
internal sealed class CoreMemory
{
    // An ELF file counts its program headers with 16 bits. The highest value has another meaning, and one header is for the notes.
    private const int MaxSegments = 0xFFFF - 2;

    /// <summary>The number of each page that is zero. Such pages are not listed.</summary>
    public const int Zero = -1;

    // The number of pages that are visited between two looks at the clock.
    private const int PagesPerLook = 1024;

    private readonly PhysicalMemory _memory;
    private readonly int _maxPages;
    private readonly long _deadline;
    private readonly List<GuestPhysicalAddress> _pages = [];
    private readonly Dictionary<GuestPhysicalAddress, int> _numbers = [];
    private readonly List<CoreSegment> _segments = [];
    private int _seen;

    private CoreMemory(PhysicalMemory memory, int maxPages, long deadline)
    {
        _memory = memory;
        _maxPages = maxPages;
        _deadline = deadline;
    }

    /// <summary>
    /// Gets the segments. With page tables they ascend by address; without, they are in the order of the ranges that were given.
    /// </summary>
    public IReadOnlyList<CoreSegment> Segments => _segments;

    /// <summary>Gets the physical addresses of the pages that are not zero, each once.</summary>
    public IReadOnlyList<GuestPhysicalAddress> Pages => _pages;

    /// <summary>Gets whether the guest has more memory than is listed.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Lists the memory that page tables map.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="format">The format of the tables.</param>
    /// <param name="tables">The root of the tables.</param>
    /// <param name="maxPages">The greatest number of pages to list.</param>
    /// <param name="deadline">The time to stop, in milliseconds of <see cref="Environment.TickCount64"/>.</param>
    public static CoreMemory Mapped(PhysicalMemory memory, PageTableFormat format, GuestPhysicalAddress tables, int maxPages, long deadline)
    {
        CoreMemory core = new(memory, maxPages, deadline);
        try
        {
            new PageTableWalker(format, memory, new(ulong.MaxValue)).Walk(
                tables,
                _ =>
                {
                    core.ThrowIfLate();
                    return true;
                },
                core.Add);
        }
        catch (Exception exception) when (exception is EndlessPageTablesException or FullException)
        {
            core.IsCut = true;
        }

        return core;
    }

    /// <summary>Lists all memory at its physical addresses, for a guest without page tables.</summary>
    public static CoreMemory Unmapped(
        PhysicalMemory memory, IEnumerable<(GuestPhysicalAddress Start, ulong Size)> ranges, int maxPages, long deadline)
    {
        CoreMemory core = new(memory, maxPages, deadline);
        try
        {
            foreach ((GuestPhysicalAddress start, ulong size) in ranges)
            {
                for (ulong offset = 0; offset < size; offset += GuestLayout.PageSize)
                {
                    GuestPhysicalAddress address = start + offset;
                    core.Add(new(address.Value), address, MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute);
                }
            }
        }
        catch (FullException)
        {
            core.IsCut = true;
        }

        return core;
    }

    /// <summary>Gets the bytes of a page; no bytes if the page was part of a file that has become shorter.</summary>
    /// <param name="number">The index of the page in <see cref="Pages"/>.</param>
    public ReadOnlySpan<byte> Page(int number) => _memory.Page(_pages[number]);

    private void Add(PageLeaf leaf) => Add(
        leaf.Gva,
        leaf.Gpa,
        MemoryPermissions.Read
            | ((leaf.Bits & PageTableEntry.CopyOnWrite) != 0 ? MemoryPermissions.Write : MemoryPermissions.None)
            | ((leaf.Bits & PageTableEntry.NoExecute) == 0 ? MemoryPermissions.Execute : MemoryPermissions.None));

    private void Add(GuestVirtualAddress gva, GuestPhysicalAddress gpa, MemoryPermissions permissions)
    {
        if (++_seen % PagesPerLook == 0)
        {
            ThrowIfLate();
        }

        int number = NumberOf(gpa);
        if (_segments is [.., CoreSegment last]
            && last.Permissions == permissions
            && (last.FirstPage == Zero ? number == Zero : last.FirstPage + last.PageCount == number)
            && last.Gva.Value + ((ulong)last.PageCount * GuestLayout.PageSize) == gva.Value)
        {
            _segments[^1] = last with { PageCount = last.PageCount + 1 };
        }
        else if (_segments.Count < MaxSegments)
        {
            _segments.Add(new(gva, permissions, number, 1));
        }
        else
        {
            throw new FullException();
        }
    }

    private int NumberOf(GuestPhysicalAddress gpa)
    {
        if (_numbers.TryGetValue(gpa, out int number))
        {
            return number;
        }

        if (!_memory.Page(gpa).ContainsAnyExcept((byte)0))
        {
            number = Zero;
        }
        else if (_pages.Count < _maxPages)
        {
            number = _pages.Count;
            _pages.Add(gpa);
        }
        else
        {
            throw new FullException();
        }

        _numbers.Add(gpa, number);
        return number;
    }

    private void ThrowIfLate()
    {
        if (Environment.TickCount64 >= _deadline)
        {
            throw new FullException();
        }
    }

    // Ends the walk when a limit is reached.
    private sealed class FullException : Exception;
}
