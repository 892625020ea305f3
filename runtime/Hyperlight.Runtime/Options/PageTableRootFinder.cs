namespace Hyperlight;

/// <summary>
/// Finds the address spaces of a guest that has several. A finder reads what the guest keeps about them in its memory, which is untrusted.
/// </summary>
/// <param name="current">The root of the page tables that the guest uses now.</param>
/// <param name="memory">A reader of the guest's memory.</param>
/// <returns>
/// The roots, <paramref name="current"/> first; empty if <paramref name="current"/> is the only one. After a restore the roots lie one page
/// behind the other, in this order, from the address in the guest's page-table word.
/// </returns>
public delegate IReadOnlyList<GuestPhysicalAddress> PageTableRootFinder(GuestPhysicalAddress current, GuestMemoryReader memory);
