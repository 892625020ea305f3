namespace Hyperlight.Layouts;

/// <summary>The processor mode of the first instruction.</summary>
internal enum EntryMode
{
    /// <summary>16-bit real mode, all segments at 0, entry below 0x10000.</summary>
    RealMode,

    /// <summary>32-bit protected mode, flat segments, paging off.</summary>
    ProtectedMode,

    /// <summary>64-bit long mode with paging on.</summary>
    LongMode,

    /// <summary>32-bit protected mode with paging on, flat segments.</summary>
    PagedProtectedMode,
}
