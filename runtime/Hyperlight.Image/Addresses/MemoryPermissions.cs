namespace Hyperlight;

/// <summary>
/// The permissions of a range of memory. The bits have the values that upstream uses for init data (v0.16.0, READ 1, WRITE 2, EXECUTE 4).
/// </summary>
[Flags]
internal enum MemoryPermissions
{
    /// <summary>No access.</summary>
    None = 0,

    /// <summary>Data may be read.</summary>
    Read = 1,

    /// <summary>Data may be written. In the guest view of a paged snapshot region this means copy-on-write.</summary>
    Write = 2,

    /// <summary>Instructions may be fetched.</summary>
    Execute = 4,
}
