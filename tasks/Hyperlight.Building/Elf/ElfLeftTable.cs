using System.Collections.Immutable;

namespace Hyperlight.Elf;

/// <summary>A loaded section of relocations that the dynamic table does not name.</summary>
/// <param name="Section">The name of the section.</param>
/// <param name="Address">The linked address.</param>
/// <param name="Size">The size in bytes.</param>
/// <param name="Relocations">The relocations.</param>
internal sealed record ElfLeftTable(string Section, ulong Address, ulong Size, ImmutableArray<ElfRelocation> Relocations);
