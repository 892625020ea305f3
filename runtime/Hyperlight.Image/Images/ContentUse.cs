namespace Hyperlight.Images;

/// <summary>What becomes of a memory blob that is opened.</summary>
internal enum ContentUse
{
    /// <summary>The file itself is used, which others can change, where its content is on this machine; else a copy in sealed memory.</summary>
    Mapped,

    /// <summary>A copy in sealed memory is used: whatever becomes of the file, a guest and its host see what was there.</summary>
    Copied,

    /// <summary>As <see cref="Copied"/>, and the copy has the digest that its name says.</summary>
    Verified,
}
