using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Hyperlight.Addresses;
using static Hyperlight.Paging.PageTableEntry;

namespace Hyperlight.Paging;

/// <summary>
/// A format of page tables. A table has the size of a page. Each entry leads to a table of the next level, and entries of the
/// last level lead to pages (Intel SDM volume 3, chapter 5).
/// </summary>
internal sealed record PageTableFormat
{
    /// <summary>The format with 4 levels, of amd64 guests (amd64 sheet, section 3.1).</summary>
    public static readonly PageTableFormat FourLevel = new()
    {
        EntrySize = sizeof(ulong),
        Shifts = [39, 30, 21, GuestPage.Shift],
        AddressMask = 0x000F_FFFF_FFFF_F000,
        NoExecute = PageTableEntry.NoExecute,
        // The builder sets the bit User above the last level only for pages that have the bit.
        TableBits = Present | Writable | Accessed,
        PageBits = Present | Accessed | Dirty,
        LargeBit = Large,
        FirstLargeLevel = 1,
    };

    /// <summary>
    /// The format with 2 levels and without large pages, of i686 guests at their start: CR4.PSE is clear and bit 7 has no meaning (i686
    /// sheet, section 2.5).
    /// </summary>
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

    /// <summary>The format with 2 levels and pages of 4 MiB, for guests that have set CR4.PSE.</summary>
    public static readonly PageTableFormat TwoLevelWithLargePages = TwoLevel with { LargeBit = Large };

    /// <summary>Gets the size of an entry in bytes.</summary>
    public required int EntrySize { get; init; }

    /// <summary>Gets the number of address bits below the index of each level, the root first.</summary>
    public required ImmutableArray<int> Shifts { get; init; }

    /// <summary>Gets the bits of an entry that are the physical address of a table or page.</summary>
    public required ulong AddressMask { get; init; }

    /// <summary>Gets the bit that forbids execution; 0 if the format has no such bit.</summary>
    public required ulong NoExecute { get; init; }

    /// <summary>Gets the bits of an entry for a new table, without the address.</summary>
    public required ulong TableBits { get; init; }

    /// <summary>Gets the bits of an entry for a page, without address and permissions.</summary>
    public required ulong PageBits { get; init; }

    /// <summary>Gets the bit of an entry above the last level that maps a large page; 0 if the format has no large pages.</summary>
    public required ulong LargeBit { get; init; }

    /// <summary>Gets the first level whose entries may have <see cref="LargeBit"/>. In the levels above, the bit is reserved.</summary>
    public required int FirstLargeLevel { get; init; }

    /// <summary>Gets the number of the last level.</summary>
    public int LastLevel => Shifts.Length - 1;

    /// <summary>Gets the format of the tables that guests of a layout start with.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The layout has no paging.</exception>
    public static PageTableFormat Of(GuestPaging paging) => paging switch
    {
        GuestPaging.FourLevel => FourLevel,
        GuestPaging.TwoLevel => TwoLevel,
        _ => throw new ArgumentOutOfRangeException(nameof(paging), paging, "There are no page tables without paging."),
    };

    /// <summary>Gets the index of the entry for an address in a table of a level.</summary>
    public int Index(GuestVirtualAddress gva, int level) => (int)(gva.Value >> Shifts[level]) & (((int)GuestPage.Size / EntrySize) - 1);

    /// <summary>Reads an entry of a table.</summary>
    public ulong Read(ReadOnlySpan<byte> table, int index) => EntrySize == sizeof(ulong)
        ? BinaryPrimitives.ReadUInt64LittleEndian(table[(index * sizeof(ulong))..])
        : BinaryPrimitives.ReadUInt32LittleEndian(table[(index * sizeof(uint))..]);

    /// <summary>Gets the number of equal entries of a table, from one on.</summary>
    public int CountEqual(ReadOnlySpan<byte> table, int index) => EntrySize == sizeof(ulong)
        ? CountEqual(MemoryMarshal.Cast<byte, ulong>(table)[index..])
        : CountEqual(MemoryMarshal.Cast<byte, uint>(table)[index..]);

    /// <summary>Writes an entry of a table.</summary>
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

    private static int CountEqual<T>(ReadOnlySpan<T> entries)
        where T : struct, IEquatable<T>
    {
        int other = entries.IndexOfAnyExcept(entries[0]);
        return other < 0 ? entries.Length : other;
    }
}
