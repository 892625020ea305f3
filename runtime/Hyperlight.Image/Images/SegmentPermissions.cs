namespace Hyperlight.Images;

/// <summary>The rule for the permissions that page tables give the pages of an image.</summary>
internal enum SegmentPermissions
{
    /// <summary>Pages have the permissions of the ELF segments. A page that two segments share has the permissions of both.</summary>
    Segments,

    /// <summary>All pages are executable and copy-on-write, as upstream v0.16.0 maps them (amd64 sheet, section 3.3).</summary>
    Upstream,
}
