namespace Hyperlight.Paging;

/// <summary>How the guest's virtual addresses become physical ones when it starts.</summary>
internal enum GuestPaging
{
    /// <summary>Paging is off: every GVA is the GPA.</summary>
    None,

    /// <summary>4-level tables of 512 8-byte entries, 4 KiB pages, copy-on-write marked by bit 9.</summary>
    FourLevel,

    /// <summary>2-level tables of 1024 4-byte entries, 4 KiB pages, copy-on-write marked by bit 9; no page can be kept from being executed.</summary>
    TwoLevel,
}
