using System.Buffers.Binary;
using Hyperlight.Layouts;

namespace Hyperlight.Baking;

/// <summary>
/// Builds 4-level page tables with 4 KiB pages. The root is the first page; every further table is appended when a mapping first needs it, so the
/// bytes depend only on the order of the mappings (amd64 sheet, sections 3.1 and 3.2; Intel SDM volume 3, chapter 5).
/// </summary>
/// <param name="size">Bytes of all tables, known beforehand from the <see cref="MemoryMap"/>.</param>
/// <param name="tablesGpa">Where the first table will be when the guest runs.</param>
internal sealed class PageTableBuilder(int size, GuestPhysicalAddress tablesGpa)
{
    private const ulong Present = 1 << 0;
    private const ulong Writable = 1 << 1;
    private const ulong Accessed = 1 << 5;
    private const ulong Dirty = 1 << 6;
    private const ulong CopyOnWrite = 1 << 9;
    private const ulong NoExecute = 1UL << 63;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;
    private const int IndexMask = 511;
    private static readonly int[] UpperLevelShifts = [39, 30, 21];
    private const int LeafShift = 12;

    private readonly byte[] _tables = new byte[size];
    private int _used = (int)GuestLayout.PageSize;

    /// <summary>Maps one page of the snapshot region: where writing is allowed, by way of a copy.</summary>
    public void MapSnapshotPage(GuestVirtualAddress gva, GuestPhysicalAddress gpa, MemoryPermissions permissions) =>
        Map(gva, gpa, Leaf(permissions, CopyOnWrite));

    /// <summary>Maps one page of the scratch region: writing goes straight to it.</summary>
    public void MapScratchPage(GuestVirtualAddress gva, GuestPhysicalAddress gpa, MemoryPermissions permissions) =>
        Map(gva, gpa, Leaf(permissions, Writable));

    /// <summary>The finished tables.</summary>
    /// <exception cref="InvalidOperationException">The mappings needed fewer tables than the map counted: a defect.</exception>
    public byte[] Build() =>
        _used == _tables.Length ? _tables : throw new InvalidOperationException($"the page tables take 0x{_used:X} bytes, the map says 0x{_tables.Length:X}");

    // Accessed and dirty are set from the start, so that the processor never writes to a table.
    private static ulong Leaf(MemoryPermissions permissions, ulong whenWritable) =>
        Present | Accessed | Dirty
        | ((permissions & MemoryPermissions.Write) != 0 ? whenWritable : 0)
        | ((permissions & MemoryPermissions.Execute) != 0 ? 0 : NoExecute);

    private void Map(GuestVirtualAddress gva, GuestPhysicalAddress gpa, ulong flags)
    {
        int table = 0;
        foreach (int shift in UpperLevelShifts)
        {
            Span<byte> entry = Entry(table, gva, shift);
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(entry);
            if (value == 0)
            {
                value = (tablesGpa + (ulong)_used).Value | Present | Writable | Accessed;
                _used += (int)GuestLayout.PageSize;
                BinaryPrimitives.WriteUInt64LittleEndian(entry, value);
            }

            table = (int)((value & AddressMask) - tablesGpa.Value);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(Entry(table, gva, LeafShift), gpa.Value | flags);
    }

    private Span<byte> Entry(int table, GuestVirtualAddress gva, int shift) =>
        _tables.AsSpan(table + ((int)(gva.Value >> shift) & IndexMask) * sizeof(ulong), sizeof(ulong));
}
