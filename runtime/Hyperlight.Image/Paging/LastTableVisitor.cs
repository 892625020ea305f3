namespace Hyperlight.Paging;

/// <summary>Visits a page table of the last level.</summary>
/// <param name="gva">The first virtual address that the table translates.</param>
/// <param name="table">The bytes of the table, which are the guest's and not trusted.</param>
/// <param name="inherited">
/// The permissions from the levels above: <see cref="PageTableEntry.Writable"/> and <see cref="PageTableEntry.User"/> if all of them
/// have the bit, and <see cref="PageTableEntry.NoExecute"/> if one of them has it.
/// </param>
/// <returns>Whether the visitor has taken the table, so that its pages are not visited.</returns>
internal delegate bool LastTableVisitor(GuestVirtualAddress gva, ReadOnlySpan<byte> table, ulong inherited);
