namespace Hyperlight.Snapshots;

/// <summary>An entry that leads from one page table to the next.</summary>
/// <param name="Gpa">The table it leads to.</param>
/// <param name="Gva">The first address that it translates.</param>
/// <param name="Level">The level of the table it stands in, 0 for the root.</param>
/// <param name="Bits">What it and the entries above it allow.</param>
internal readonly record struct TableLink(ulong Gpa, GuestVirtualAddress Gva, int Level, ulong Bits);
