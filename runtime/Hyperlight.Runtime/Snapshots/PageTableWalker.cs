using System.Runtime.InteropServices;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using static Hyperlight.Baking.PageTableEntry;

namespace Hyperlight.Snapshots;

/// <summary>
/// Finds every page that a guest's page tables map, in ascending order of virtual addresses, each on its own also where the tables have large pages
/// (amd64 sheet, section 6.3). The guest wrote the tables: an entry that leads out of its memory counts as absent, and tables that lead to
/// each other, which could make a walk take for ever, end it.
/// </summary>
/// <param name="memory">The guest's memory.</param>
/// <param name="limit">Where the walk ends: scratch is mapped anew in every snapshot.</param>
internal sealed class PageTableWalker(PhysicalMemory memory, GuestVirtualAddress limit)
{
    private const int RootShift = PageShift + (3 * LevelShift);
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
    public void Walk(GuestPhysicalAddress root, Action<PageLeaf> found) => VisitTable(root.Value, RootShift, 0, Writable | User, found);

    private void VisitTable(ulong table, int shift, ulong firstGva, ulong inherited, Action<PageLeaf> found)
    {
        CountTable();
        ReadOnlySpan<ulong> entries = MemoryMarshal.Cast<byte, ulong>(memory.Page(table));
        for (int i = 0; i < entries.Length; i++)
        {
            ulong entry = entries[i];
            if ((entry & Present) == 0)
            {
                continue;
            }

            ulong gva = firstGva + ((ulong)i << shift);
            if (shift == RootShift && gva >= UpperHalf)
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
            ulong target = entry & AddressMask;
            if (shift == PageShift)
            {
                VisitPage(target, gva, entry, bits, found);
            }
            else if ((entry & Large) == 0)
            {
                VisitTable(target, shift - LevelShift, gva, bits, found);
            }
            else if (shift < RootShift)
            {
                VisitLargePage(target & ~((1UL << shift) - 1), shift, gva, entry, bits, found);
            }

            // Large in the root is a reserved bit: the processor would fault.
        }
    }

    private void VisitLargePage(ulong gpa, int shift, ulong gva, ulong entry, ulong bits, Action<PageLeaf> found)
    {
        if (!memory.Overlaps(gpa, 1UL << shift))
        {
            return;
        }

        CountTable();
        shift -= LevelShift;
        for (ulong i = 0; i < EntriesPerTable; i++)
        {
            ulong part = gpa + (i << shift);
            ulong partGva = gva + (i << shift);
            if (partGva >= limit.Value)
            {
                return;
            }

            if (shift == PageShift)
            {
                VisitPage(part, partGva, entry, bits, found);
            }
            else
            {
                VisitLargePage(part, shift, partGva, entry, bits, found);
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
