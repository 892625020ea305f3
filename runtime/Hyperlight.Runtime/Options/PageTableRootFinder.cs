namespace Hyperlight;

/// <summary>
/// Finds the address spaces of a guest that has several, from what the guest keeps about them in its memory, which is not to be trusted.
/// </summary>
/// <param name="current">The root of the page tables that the guest uses now.</param>
/// <param name="memory">The guest's memory.</param>
/// <returns>
/// The roots, <paramref name="current"/> first; empty when there is no other. After a restore they lie one page behind the other, in this order, from
/// the address that the guest's page-table word names.
/// </returns>
public delegate IReadOnlyList<GuestPhysicalAddress> PageTableRootFinder(GuestPhysicalAddress current, GuestMemoryReader memory);
