using System.Collections.Immutable;

namespace Hyperlight.Elf;

/// <summary>A loaded section of relocations that the dynamic table does not name.</summary>
/// <param name="Section">The section's name.</param>
/// <param name="Address">Where it is linked to be in memory.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Relocations">What it holds.</param>
internal sealed record ElfLeftTable(string Section, ulong Address, ulong Size, ImmutableArray<ElfRelocation> Relocations);
