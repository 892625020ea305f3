namespace Hyperlight.CoreDumps;

/// <summary>Pages that lie one behind the other for the guest and may be used alike.</summary>
/// <param name="Gva">Where the guest sees the first.</param>
/// <param name="Permissions">What the guest may do there.</param>
/// <param name="FirstPage">The number of the first in <see cref="CoreMemory.Pages"/>; <see cref="CoreMemory.Zero"/> when all of them are zero.</param>
/// <param name="PageCount">How many there are.</param>
internal readonly record struct CoreSegment(GuestVirtualAddress Gva, MemoryPermissions Permissions, int FirstPage, int PageCount);
