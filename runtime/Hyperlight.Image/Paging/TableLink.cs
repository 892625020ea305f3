namespace Hyperlight.Paging;

/// <summary>An entry of a page table that leads to a page table of the next level.</summary>
/// <param name="Gpa">The physical address of the page table that the entry leads to.</param>
/// <param name="Gva">The first virtual address that the entry translates.</param>
/// <param name="Level">The level of the page table that has the entry; 0 for the root.</param>
/// <param name="Bits">The bits that this entry and the entries above it have in common.</param>
internal readonly record struct TableLink(GuestPhysicalAddress Gpa, GuestVirtualAddress Gva, int Level, ulong Bits);
