namespace Hyperlight.Images;

/// <summary>Which permissions the page tables of a paged guest give its image.</summary>
internal enum SegmentPermissions
{
    /// <summary>What the ELF segments say: code is not writable, data not executable; a page two segments share gets both permissions.</summary>
    Segments,

    /// <summary>What upstream v0.16.0 does: the whole image is executable and copy-on-write, whatever the segments say (amd64 sheet, section 3.3).</summary>
    Upstream,
}
