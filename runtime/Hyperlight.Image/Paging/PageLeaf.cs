namespace Hyperlight.Paging;

/// <summary>A page that page tables map.</summary>
/// <param name="Gva">The virtual address of the page.</param>
/// <param name="Gpa">The physical address of the page, which the guest has.</param>
/// <param name="Bits">The bits of the page's entry in a snapshot: copy-on-write, user, no-execute (amd64 sheet, section 6.3).</param>
internal readonly record struct PageLeaf(GuestVirtualAddress Gva, GuestPhysicalAddress Gpa, ulong Bits);
