namespace Hyperlight.Paging;

/// <summary>
/// The bits of an entry of page tables (amd64 sheet, section 3.1; i686 sheet, section 2.5; Intel SDM volume 3, chapter 5).
/// </summary>
internal static class PageTableEntry
{
    public const ulong Present = 1 << 0;
    public const ulong Writable = 1 << 1;

    /// <summary>Code outside the guest's kernel may use the page.</summary>
    public const ulong User = 1 << 2;

    public const ulong Accessed = 1 << 5;
    public const ulong Dirty = 1 << 6;

    /// <summary>In entries above the last level: the entry maps a large page and does not lead to a table.</summary>
    public const ulong Large = 1 << 7;

    /// <summary>The bits that processors ignore. Their value <see cref="CopyOnWrite"/> marks a page as copy-on-write.</summary>
    public const ulong SoftwareMask = 0xE00;
    public const ulong CopyOnWrite = 1 << 9;

    /// <summary>The guest may not execute the page. Only entries of 8 bytes have this bit.</summary>
    public const ulong NoExecute = 1UL << 63;
}
