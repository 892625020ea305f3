using System.Buffers.Binary;
using System.Collections.Immutable;
using Hyperlight.Addresses;
using static Hyperlight.Paging.PageTableEntry;

namespace Hyperlight.Paging;

/// <summary>
/// A kind of page tables: what it takes to build and to read them. A table is always a page; each of its entries leads to a table of the next level, the
/// last level's to pages (Intel SDM volume 3, chapter 5).
/// </summary>
internal sealed record PageTableFormat
{
    /// <summary>4 levels, as amd64 guests have them (amd64 sheet, section 3.1).</summary>
    public static readonly PageTableFormat FourLevel = new()
    {
        EntrySize = sizeof(ulong),
        Shifts = [39, 30, 21, GuestPage.Shift],
        AddressMask = 0x000F_FFFF_FFFF_F000,
        NoExecute = PageTableEntry.NoExecute,
        // No level but the last says whether programs may use a page, unless a page wants it.
        TableBits = Present | Writable | Accessed,
        PageBits = Present | Accessed | Dirty,
        LargeBit = Large,
        FirstLargeLevel = 1,
    };

    /// <summary>2 levels without large pages, as i686 guests start with them: CR4.PSE is clear and bit 7 means nothing (i686 sheet, section 2.5).</summary>
    public static readonly PageTableFormat TwoLevel = new()
    {
        EntrySize = sizeof(uint),
        Shifts = [22, GuestPage.Shift],
        AddressMask = 0xFFFF_F000,
        NoExecute = 0,
        TableBits = Present | Writable | User | Accessed,
        PageBits = Present | Accessed,
        LargeBit = 0,
        FirstLargeLevel = 0,
    };

    /// <summary>2 levels, and with CR4.PSE set pages of 4 MiB.</summary>
    public static readonly PageTableFormat TwoLevelWithLargePages = TwoLevel with { LargeBit = Large };

    /// <summary>Bytes of an entry.</summary>
    public required int EntrySize { get; init; }

    /// <summary>Address bits below the index of each level, the root first.</summary>
    public required ImmutableArray<int> Shifts { get; init; }

    /// <summary>The bits of an entry that are the physical address of a page.</summary>
    public required ulong AddressMask { get; init; }

    /// <summary>The bit that forbids executing; 0 where there is none.</summary>
    public required ulong NoExecute { get; init; }

    /// <summary>What the entry for a new table has beside its address.</summary>
    public required ulong TableBits { get; init; }

    /// <summary>What the entry for any page has beside its address and permissions.</summary>
    public required ulong PageBits { get; init; }

    /// <summary>The bit of an entry above the last level that makes it one of a large page; 0 where there are none.</summary>
    public required ulong LargeBit { get; init; }

    /// <summary>The first level whose entries may have it; above, it is reserved.</summary>
    public required int FirstLargeLevel { get; init; }

    /// <summary>The number of the last level.</summary>
    public int LastLevel => Shifts.Length - 1;

    /// <summary>The tables that a layout's guests start with.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The layout has none.</exception>
    public static PageTableFormat Of(GuestPaging paging) => paging switch
    {
        GuestPaging.FourLevel => FourLevel,
        GuestPaging.TwoLevel => TwoLevel,
        _ => throw new ArgumentOutOfRangeException(nameof(paging), paging, "There are no page tables without paging."),
    };

    /// <summary>Which entry of a table of a level is an address's.</summary>
    public int Index(GuestVirtualAddress gva, int level) => (int)(gva.Value >> Shifts[level]) & (((int)GuestPage.Size / EntrySize) - 1);

    /// <summary>An entry of a table.</summary>
    public ulong Read(ReadOnlySpan<byte> table, int index) => EntrySize == sizeof(ulong)
        ? BinaryPrimitives.ReadUInt64LittleEndian(table[(index * sizeof(ulong))..])
        : BinaryPrimitives.ReadUInt32LittleEndian(table[(index * sizeof(uint))..]);

    /// <summary>Changes an entry of a table.</summary>
    public void Write(Span<byte> table, int index, ulong entry)
    {
        if (EntrySize == sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(table[(index * sizeof(ulong))..], entry);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table[(index * sizeof(uint))..], checked((uint)entry));
        }
    }
}
