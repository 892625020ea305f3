namespace Hyperlight.Files;

/// <summary>The use of the content of an opened memory blob.</summary>
internal enum ContentUse
{
    /// <summary>
    /// Sandboxes map the file itself if its content is on this computer, although others can change the file. Otherwise they map a copy
    /// in sealed memory.
    /// </summary>
    Mapped,

    /// <summary>Sandboxes map a copy in sealed memory. Later changes of the file have no effect.</summary>
    Copied,

    /// <summary>Sandboxes map a copy in sealed memory that has the digest of the blob's name.</summary>
    Verified,
}
