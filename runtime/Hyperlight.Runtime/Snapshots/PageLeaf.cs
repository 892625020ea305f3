namespace Hyperlight.Snapshots;

/// <summary>A page that page tables map.</summary>
/// <param name="Gva">Where the guest sees it.</param>
/// <param name="Gpa">Where it is; there is memory.</param>
/// <param name="Bits">What a snapshot's entry for it allows: copy-on-write, user, no-execute (amd64 sheet, section 6.3).</param>
internal readonly record struct PageLeaf(GuestVirtualAddress Gva, ulong Gpa, ulong Bits);
