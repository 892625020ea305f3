namespace Hyperlight.Images;

/// <summary>How the content of an opened memory blob is used.</summary>
internal enum ContentUse
{
    /// <summary>The file itself is used, which others can change, where its content is on this machine; else a copy in sealed memory.</summary>
    Mapped,

    /// <summary>A copy in sealed memory is used: whatever becomes of the file, a guest and its host see what was there.</summary>
    Copied,

    /// <summary>A copy in sealed memory is used, and the copy has the digest that the blob's name says.</summary>
    Verified,
}
