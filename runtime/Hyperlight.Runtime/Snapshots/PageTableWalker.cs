using Hyperlight.Memory;
using Hyperlight.Paging;
using static Hyperlight.Paging.PageTableEntry;

namespace Hyperlight.Snapshots;

/// <summary>
/// Finds every page that a guest's page tables map, in ascending order of virtual addresses, each on its own also where the tables have large pages
/// (amd64 sheet, section 6.3; i686 sheet, section 7). The guest wrote the tables: an entry that leads out of its memory counts as absent, and tables
/// that lead to each other, which could make a walk take for ever, end it.
/// </summary>
/// <param name="format">What the tables are like.</param>
/// <param name="memory">The guest's memory.</param>
/// <param name="limit">Where the walk ends: scratch is mapped anew in every snapshot.</param>
internal sealed class PageTableWalker(PageTableFormat format, PhysicalMemory memory, GuestVirtualAddress limit)
{
    private const ulong PageSize = GuestLayout.PageSize;

    // Addresses from here on are written with all higher bits set.
    private const ulong UpperHalf = 1UL << 47;
    private const ulong UpperHalfBits = 0xFFFF_0000_0000_0000;

    // Upstream reserves these addresses for a guest's view of its own tables, which no snapshot keeps (amd64 sheet, section 0).
    private const ulong ReservedStart = 0xFFFF_8000_0000_0000;
    private const ulong ReservedEnd = 0xFFFF_8100_0000_0000;

    // No guest that keeps to the ABI reaches a table twice. Tables are pages of its memory, so this leaves room for several views of each.
    private readonly ulong _mostTables = (4 * memory.PageCount) + 1024;
    private ulong _tables;

    /// <summary>Walks the tables.</summary>
    /// <param name="root">The address of the first one.</param>
    /// <param name="found">Gets every page.</param>
    /// <exception cref="SnapshotFailedException">The tables lead to each other too often.</exception>
    public void Walk(GuestPhysicalAddress root, Action<PageLeaf> found) => Walk(root, static _ => true, found);

    /// <summary>Walks those of the tables that it is told to.</summary>
    /// <param name="root">The address of the first one.</param>
    /// <param name="enter">Says of every other whether to walk it.</param>
    /// <param name="found">Gets every page.</param>
    /// <exception cref="SnapshotFailedException">The tables lead to each other too often, in this walk and those before.</exception>
    public void Walk(GuestPhysicalAddress root, Func<TableLink, bool> enter, Action<PageLeaf> found) =>
        VisitTable(root.Value, 0, 0, Writable | User, enter, found);

    private void VisitTable(ulong table, int level, ulong firstGva, ulong inherited, Func<TableLink, bool> enter, Action<PageLeaf> found)
    {
        CountTable();
        ReadOnlySpan<byte> page = memory.Page(table);
        int count = page.Length / format.EntrySize;
        for (int i = 0; i < count; i++)
        {
            ulong entry = format.Read(page, i);
            if ((entry & Present) == 0)
            {
                continue;
            }

            ulong gva = firstGva + ((ulong)i << format.Shifts[level]);
            if (level == 0 && gva >= UpperHalf)
            {
                gva |= UpperHalfBits;
            }

            if (gva >= limit.Value)
            {
                return;
            }

            if (gva is >= ReservedStart and < ReservedEnd)
            {
                continue;
            }

            // Every level can forbid writing, use by programs, and executing.
            ulong bits = (inherited & entry & (Writable | User)) | ((inherited | entry) & NoExecute);
            ulong target = entry & format.AddressMask;
            if (level == format.LastLevel)
            {
                VisitPage(target, gva, entry, bits, found);
            }
            else if ((entry & format.LargeBit) == 0)
            {
                if (enter(new(target, new(gva), level, bits)))
                {
                    VisitTable(target, level + 1, gva, bits, enter, found);
                }
            }
            else if (level >= format.FirstLargeLevel)
            {
                VisitLargePage(target & ~((1UL << format.Shifts[level]) - 1), level, gva, entry, bits, found);
            }

            // Above, large is a reserved bit: the processor would fault.
        }
    }

    private void VisitLargePage(ulong gpa, int level, ulong gva, ulong entry, ulong bits, Action<PageLeaf> found)
    {
        int shift = format.Shifts[level];
        if (!memory.Overlaps(new(new(gpa), 1UL << shift)))
        {
            return;
        }

        CountTable();
        int partShift = format.Shifts[level + 1];
        for (ulong i = 0; i < 1UL << (shift - partShift); i++)
        {
            ulong part = gpa + (i << partShift);
            ulong partGva = gva + (i << partShift);
            if (partGva >= limit.Value)
            {
                return;
            }

            if (level + 1 == format.LastLevel)
            {
                VisitPage(part, partGva, entry, bits, found);
            }
            else
            {
                VisitLargePage(part, level + 1, partGva, entry, bits, found);
            }
        }
    }

    private void VisitPage(ulong gpa, ulong gva, ulong entry, ulong bits, Action<PageLeaf> found)
    {
        if (memory.RangeAt(gpa) < 0)
        {
            return;
        }

        bool copyOnWrite = (entry & SoftwareMask) == CopyOnWrite || (bits & Writable) != 0;
        found(new(new(gva), gpa, (bits & (User | NoExecute)) | (copyOnWrite ? CopyOnWrite : 0)));
    }

    private void CountTable()
    {
        if (++_tables > _mostTables)
        {
            throw new SnapshotFailedException(
                $"its page tables lead to more than {_mostTables} others, and all its memory has {memory.PageCount} pages of {PageSize} bytes: "
                + "tables that lead to themselves or to each other again and again cannot be kept.");
        }
    }
}
