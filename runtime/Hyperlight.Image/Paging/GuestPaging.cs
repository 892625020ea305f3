namespace Hyperlight.Paging;

/// <summary>The kind of page tables that a guest starts with.</summary>
internal enum GuestPaging
{
    /// <summary>Paging is off: virtual addresses are equal to physical addresses.</summary>
    None,

    /// <summary>4-level tables of 512 8-byte entries, with 4 KiB pages. Bit 9 marks copy-on-write.</summary>
    FourLevel,

    /// <summary>
    /// 2-level tables of 1024 4-byte entries, with 4 KiB pages. Bit 9 marks copy-on-write. These tables cannot forbid the execution of a
    /// page.
    /// </summary>
    TwoLevel,
}
