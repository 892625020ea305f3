using Hyperlight.Addresses;
using static Hyperlight.Paging.PageTableEntry;

namespace Hyperlight.Paging;

/// <summary>
/// Builds page tables with 4 KiB pages. The roots are the first tables. Another table is appended when a mapping first needs it, so the
/// bytes depend only on the order of the mappings (amd64 sheet, sections 3.1 and 3.2; i686 sheet, section 2.5; Intel SDM volume 3,
/// chapter 5).
/// </summary>
/// <param name="format">The format of the tables.</param>
/// <param name="tablesGpa">The physical address of the first table when the guest runs.</param>
/// <param name="expectedSize">The probable size of all tables in bytes. The builder makes more room if the tables need it.</param>
/// <param name="rootCount">The number of address spaces.</param>
internal sealed class PageTableBuilder(PageTableFormat format, GuestPhysicalAddress tablesGpa, int expectedSize, int rootCount = 1)
{
    private const int TableSize = (int)GuestPage.Size;

    private byte[] _tables = new byte[Math.Max(expectedSize, rootCount * TableSize)];

    /// <summary>Gets the size of the tables so far, in bytes.</summary>
    public int Size { get; private set; } = rootCount * TableSize;

    /// <summary>Gets or sets the number of the root that mappings are added to, from 0.</summary>
    public int Root { get; set; }

    /// <summary>Maps one page of the snapshot region. A page with the permission to write is marked copy-on-write.</summary>
    public void MapSnapshotPage(GuestVirtualAddress gva, GuestPhysicalAddress gpa, MemoryPermissions permissions) =>
        Map(gva, gpa, Leaf(permissions, CopyOnWrite));

    /// <summary>Maps one page of the scratch region. The guest writes to a page with the permission to write directly.</summary>
    public void MapScratchPage(GuestVirtualAddress gva, GuestPhysicalAddress gpa, MemoryPermissions permissions) =>
        Map(gva, gpa, Leaf(permissions, Writable));

    /// <summary>Maps one page. The entry has the given bits and is marked as accessed.</summary>
    public void Map(GuestVirtualAddress gva, GuestPhysicalAddress gpa, ulong bits) =>
        Write(Descend(gva, format.LastLevel, bits), gva, format.LastLevel, gpa.Value | bits | format.PageBits);

    /// <summary>
    /// Maps the pages of a table of the last level, which no page has been mapped in. The result is that of <see cref="Map"/> for each
    /// page.
    /// </summary>
    /// <param name="gva">The first address that the table translates.</param>
    /// <param name="table">The table, whose entries are those of a builder.</param>
    /// <param name="bits">The bits of all entries, with at least one entry.</param>
    public void MapTable(GuestVirtualAddress gva, ReadOnlySpan<byte> table, ulong bits)
    {
        int target = Descend(gva, format.LastLevel, bits);
        table.CopyTo(_tables.AsSpan(target, TableSize));
    }

    /// <summary>Lets the current root share a table with another root. Nothing changes if the other root has no such table.</summary>
    /// <param name="owner">The number of the other root.</param>
    /// <param name="gva">An address that the table translates.</param>
    /// <param name="level">The level of the entry that leads to the table.</param>
    public void Share(int owner, GuestVirtualAddress gva, int level)
    {
        int table = owner * TableSize;
        for (int above = 0; above < level; above++)
        {
            ulong next = Read(table, gva, above);
            if (next == 0)
            {
                return;
            }

            table = TableAt(next);
        }

        ulong entry = Read(table, gva, level);
        if (entry != 0)
        {
            Write(Descend(gva, level, entry), gva, level, entry);
        }
    }

    /// <summary>Gets the finished tables.</summary>
    public byte[] Build() => _tables.Length == Size ? _tables : _tables[..Size];

    private ulong Leaf(MemoryPermissions permissions, ulong whenWritable) =>
        ((permissions & MemoryPermissions.Write) != 0 ? whenWritable : 0)
            | ((permissions & MemoryPermissions.Execute) != 0 ? 0 : format.NoExecute);

    /// <summary>
    /// Finds the table of a level that translates an address. Missing tables are created, also those of the levels above.
    /// </summary>
    private int Descend(GuestVirtualAddress gva, int level, ulong bits)
    {
        int table = Root * TableSize;
        for (int above = 0; above < level; above++)
        {
            ulong entry = Read(table, gva, above);
            if (entry == 0)
            {
                entry = (tablesGpa + (ulong)Size).Value | format.TableBits;
                Append();
            }

            // A program may use a page only if the entries of all levels have the bit User.
            entry |= bits & User;
            Write(table, gva, above, entry);
            table = TableAt(entry);
        }

        return table;
    }

    private void Append()
    {
        Size += TableSize;
        if (Size > _tables.Length)
        {
            Array.Resize(ref _tables, Math.Max(Size, 2 * _tables.Length));
        }
    }

    private int TableAt(ulong entry) => (int)((entry & format.AddressMask) - tablesGpa.Value);

    private ulong Read(int table, GuestVirtualAddress gva, int level) =>
        format.Read(_tables.AsSpan(table, TableSize), format.Index(gva, level));

    private void Write(int table, GuestVirtualAddress gva, int level, ulong entry) =>
        format.Write(_tables.AsSpan(table, TableSize), format.Index(gva, level), entry);
}
