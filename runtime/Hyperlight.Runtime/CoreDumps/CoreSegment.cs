namespace Hyperlight.CoreDumps;

/// <summary>Pages with consecutive guest-virtual addresses and with the same permissions.</summary>
/// <param name="Gva">The address of the first page.</param>
/// <param name="Permissions">The guest's permissions for the pages.</param>
/// <param name="FirstPage">
/// The number of the first page in <see cref="CoreMemory.Pages"/>; <see cref="CoreMemory.Zero"/> if all pages are zero.
/// </param>
/// <param name="PageCount">The number of pages.</param>
internal readonly record struct CoreSegment(GuestVirtualAddress Gva, MemoryPermissions Permissions, int FirstPage, int PageCount);
