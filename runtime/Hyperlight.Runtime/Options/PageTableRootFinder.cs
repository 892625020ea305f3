namespace Hyperlight;

/// <summary>
/// Finds the address spaces of a guest that has several. A finder reads the guest's memory, where the guest keeps its list of address
/// spaces. The content of the memory is untrusted.
/// </summary>
/// <param name="current">The root of the page tables that the guest uses now.</param>
/// <param name="memory">A reader of the guest's memory.</param>
/// <returns>
/// The roots, <paramref name="current"/> first; empty if <paramref name="current"/> is the only one. After a restore the roots lie one page
/// behind the other, in this order. The guest's page-table word has the address of the first root.
/// </returns>
public delegate IReadOnlyList<GuestPhysicalAddress> PageTableRootFinder(GuestPhysicalAddress current, GuestMemoryReader memory);
