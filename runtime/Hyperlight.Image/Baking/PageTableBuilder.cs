using System.Buffers.Binary;
using Hyperlight.Layouts;
using static Hyperlight.Baking.PageTableEntry;

namespace Hyperlight.Baking;

/// <summary>
/// Builds 4-level page tables with 4 KiB pages. The root is the first page; every further table is appended when a mapping first needs it, so the
/// bytes depend only on the order of the mappings (amd64 sheet, sections 3.1 and 3.2; Intel SDM volume 3, chapter 5).
/// </summary>
/// <param name="tablesGpa">Where the first table will be when the guest runs.</param>
/// <param name="expectedSize">Bytes that all tables will probably take: more are made room for.</param>
internal sealed class PageTableBuilder(GuestPhysicalAddress tablesGpa, int expectedSize)
{
    private const int TableSize = (int)GuestLayout.PageSize;
    private static readonly int[] UpperLevelShifts = [39, 30, 21];

    private byte[] _tables = new byte[Math.Max(expectedSize, TableSize)];

    /// <summary>Bytes of the tables so far.</summary>
    public int Size { get; private set; } = TableSize;

    /// <summary>Maps one page of the snapshot region: where writing is allowed, by way of a copy.</summary>
    public void MapSnapshotPage(GuestVirtualAddress gva, GuestPhysicalAddress gpa, MemoryPermissions permissions) =>
        Map(gva, gpa, Leaf(permissions, CopyOnWrite));

    /// <summary>Maps one page of the scratch region: writing goes straight to it.</summary>
    public void MapScratchPage(GuestVirtualAddress gva, GuestPhysicalAddress gpa, MemoryPermissions permissions) =>
        Map(gva, gpa, Leaf(permissions, Writable));

    /// <summary>Maps one page with the given bits of its entry; accessed and dirty are set from the start, so that the processor never writes to a table.</summary>
    public void Map(GuestVirtualAddress gva, GuestPhysicalAddress gpa, ulong bits)
    {
        int table = 0;
        foreach (int shift in UpperLevelShifts)
        {
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(Entry(table, gva, shift));
            if (value == 0)
            {
                value = (tablesGpa + (ulong)Size).Value | Present | Writable | Accessed;
                Append();
            }

            // The processor lets a program at a page only if every level does.
            value |= bits & User;
            BinaryPrimitives.WriteUInt64LittleEndian(Entry(table, gva, shift), value);
            table = (int)((value & AddressMask) - tablesGpa.Value);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(Entry(table, gva, PageShift), gpa.Value | bits | Present | Accessed | Dirty);
    }

    /// <summary>The finished tables.</summary>
    public byte[] Build() => _tables.Length == Size ? _tables : _tables[..Size];

    private static ulong Leaf(MemoryPermissions permissions, ulong whenWritable) =>
        ((permissions & MemoryPermissions.Write) != 0 ? whenWritable : 0) | ((permissions & MemoryPermissions.Execute) != 0 ? 0 : NoExecute);

    private void Append()
    {
        Size += TableSize;
        if (Size > _tables.Length)
        {
            Array.Resize(ref _tables, Math.Max(Size, 2 * _tables.Length));
        }
    }

    private Span<byte> Entry(int table, GuestVirtualAddress gva, int shift) =>
        _tables.AsSpan(table + ((int)(gva.Value >> shift) & (EntriesPerTable - 1)) * sizeof(ulong), sizeof(ulong));
}
