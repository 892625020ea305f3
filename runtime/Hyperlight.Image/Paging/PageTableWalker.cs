using Hyperlight.Addresses;
using static Hyperlight.Paging.PageTableEntry;

namespace Hyperlight.Paging;

/// <summary>
/// Finds the pages that a guest's page tables map, in ascending order of virtual addresses (amd64 sheet, section 6.3; i686 sheet, section
/// 7). A large page is found as its small pages. The page tables are the guest's, and not trusted: an entry that leads out of the guest's
/// memory counts as absent, and the walk fails if page tables lead to each other so often that the walk would not end.
/// </summary>
/// <param name="format">The format of the page tables.</param>
/// <param name="memory">The guest's memory.</param>
/// <param name="limit">The virtual address at which the walk ends, because every snapshot maps scratch again.</param>
internal sealed class PageTableWalker(PageTableFormat format, IGuestPages memory, GuestVirtualAddress limit)
{
    // Virtual addresses from here on have all higher bits set.
    private const ulong UpperHalf = 1UL << 47;
    private const ulong UpperHalfBits = 0xFFFF_0000_0000_0000;

    // Upstream reserves these virtual addresses for the guest's view of its own page tables, which snapshots do not keep (amd64 sheet,
    // section 0).
    private static readonly AddressRange<GuestVirtualAddress> Reserved = new(new(0xFFFF_8000_0000_0000), 1UL << 40);

    // The greatest number of page tables that are walked. A guest that follows the ABI reaches each page table once. Page tables are pages
    // of the guest's memory, so the limit allows for reaching each page table several times.
    private readonly ulong _mostTables = (4 * memory.PageCount) + 1024;
    private ulong _tables;

    /// <summary>Walks all page tables.</summary>
    /// <param name="root">The physical address of the root.</param>
    /// <param name="found">Called for each page.</param>
    /// <exception cref="EndlessPageTablesException">The page tables lead to each other too often.</exception>
    public void Walk(GuestPhysicalAddress root, Action<PageLeaf> found) => Walk(root, static _ => true, found);

    /// <summary>Walks the root and the page tables that a function selects.</summary>
    /// <param name="root">The physical address of the root.</param>
    /// <param name="enter">Says for each page table below the root whether to walk it.</param>
    /// <param name="found">Called for each page.</param>
    /// <exception cref="EndlessPageTablesException">The page tables led to each other too often in all walks together.</exception>
    public void Walk(GuestPhysicalAddress root, Func<TableLink, bool> enter, Action<PageLeaf> found) =>
        Walk(root, enter, static (_, _, _) => false, found);

    /// <summary>Walks the root and the page tables that a function selects.</summary>
    /// <param name="root">The physical address of the root.</param>
    /// <param name="enter">Says for each page table below the root whether to walk it.</param>
    /// <param name="take">
    /// Says for each page table of the last level whether its pages need not be found one by one. Not called for a table that translates
    /// addresses which the walk leaves out.
    /// </param>
    /// <param name="found">Called for each page.</param>
    /// <exception cref="EndlessPageTablesException">The page tables led to each other too often in all walks together.</exception>
    public void Walk(GuestPhysicalAddress root, Func<TableLink, bool> enter, LastTableVisitor take, Action<PageLeaf> found) =>
        VisitTable(root, 0, default, Writable | User, enter, take, found);

    /// <summary>Finds the physical address that a processor uses for a virtual one, whatever the permissions of the page are.</summary>
    /// <param name="root">The physical address of the root.</param>
    /// <param name="gva">The virtual address.</param>
    /// <returns>The address, which the guest need not have; <c>null</c> if the tables map no page there.</returns>
    public GuestPhysicalAddress? Find(GuestPhysicalAddress root, GuestVirtualAddress gva)
    {
        bool exists = format.EntrySize == sizeof(uint)
            ? gva.Value <= uint.MaxValue
            : gva.Value is < UpperHalf or >= (UpperHalf | UpperHalfBits);
        if (!exists)
        {
            return null;
        }

        GuestPhysicalAddress table = root;
        for (int level = 0; ; level++)
        {
            ReadOnlySpan<byte> page = memory.Page(table);
            ulong entry = page.IsEmpty ? 0 : format.Read(page, format.Index(gva, level));
            if ((entry & Present) == 0)
            {
                return null;
            }

            if (level == format.LastLevel || (level >= format.FirstLargeLevel && (entry & format.LargeBit) != 0))
            {
                ulong offset = (1UL << format.Shifts[level]) - 1;
                return new((entry & format.AddressMask & ~offset) | (gva.Value & offset));
            }

            table = new(entry & format.AddressMask);
        }
    }

    private void VisitTable(
        GuestPhysicalAddress table,
        int level,
        GuestVirtualAddress firstGva,
        ulong inherited,
        Func<TableLink, bool> enter,
        LastTableVisitor take,
        Action<PageLeaf> found)
    {
        CountTable();
        ReadOnlySpan<byte> page = memory.Page(table);
        if (level == format.LastLevel && !page.IsEmpty && !LeavesOut(firstGva, level) && take(firstGva, page, inherited))
        {
            return;
        }

        int count = page.Length / format.EntrySize;
        for (int i = 0; i < count; i++)
        {
            ulong entry = format.Read(page, i);
            if ((entry & Present) == 0)
            {
                continue;
            }

            GuestVirtualAddress gva = firstGva + ((ulong)i << format.Shifts[level]);
            if (level == 0 && gva.Value >= UpperHalf)
            {
                gva = new(gva.Value | UpperHalfBits);
            }

            if (gva >= limit)
            {
                return;
            }

            if (Reserved.Contains(gva))
            {
                continue;
            }

            // The entries of every level can forbid to write, to use the page in user mode, and to execute.
            ulong bits = (inherited & entry & (Writable | User)) | ((inherited | entry) & NoExecute);
            GuestPhysicalAddress target = new(entry & format.AddressMask);
            if (level == format.LastLevel)
            {
                VisitPage(target, gva, entry, bits, found);
            }
            else if ((entry & format.LargeBit) == 0)
            {
                if (enter(new(target, gva, level, bits)))
                {
                    VisitTable(target, level + 1, gva, bits, enter, take, found);
                }
            }
            else if (level >= format.FirstLargeLevel)
            {
                VisitLargePage(new(target.Value & ~((1UL << format.Shifts[level]) - 1)), level, gva, entry, bits, found);
            }

            // At higher levels the bit of large pages is reserved, and the processor would raise a page fault.
        }
    }

    /// <summary>Says whether the walk leaves out addresses that a table translates.</summary>
    private bool LeavesOut(GuestVirtualAddress firstGva, int level)
    {
        ulong size = GuestPage.Size / (ulong)format.EntrySize << format.Shifts[level];
        return limit.Value <= firstGva.Value || limit.Value - firstGva.Value < size || Reserved.Overlaps(new(firstGva, size));
    }

    private void VisitLargePage(
        GuestPhysicalAddress gpa, int level, GuestVirtualAddress gva, ulong entry, ulong bits, Action<PageLeaf> found)
    {
        int shift = format.Shifts[level];
        if (!memory.Overlaps(new(gpa, 1UL << shift)))
        {
            return;
        }

        CountTable();
        int partShift = format.Shifts[level + 1];
        for (ulong i = 0; i < 1UL << (shift - partShift); i++)
        {
            GuestPhysicalAddress part = gpa + (i << partShift);
            GuestVirtualAddress partGva = gva + (i << partShift);
            if (partGva >= limit)
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

    private void VisitPage(GuestPhysicalAddress gpa, GuestVirtualAddress gva, ulong entry, ulong bits, Action<PageLeaf> found)
    {
        if (!memory.Contains(gpa))
        {
            return;
        }

        bool copyOnWrite = (entry & SoftwareMask) == CopyOnWrite || (bits & Writable) != 0;
        found(new(gva, gpa, (bits & (User | NoExecute)) | (copyOnWrite ? CopyOnWrite : 0)));
    }

    private void CountTable()
    {
        if (++_tables > _mostTables)
        {
            throw new EndlessPageTablesException(
                $"its page tables lead to more than {_mostTables} others, and all its memory has {memory.PageCount} pages of "
                + $"{GuestPage.Size} bytes: tables that lead to themselves or to each other again and again cannot be kept.");
        }
    }
}
