namespace Hyperlight.Elf;

/// <summary>An entry of the dynamic table with the values of the file.</summary>
/// <param name="Tag">The tag.</param>
/// <param name="Value">A number, a size in bytes or a virtual address, depending on the tag.</param>
internal readonly record struct ElfDynamicEntry(ElfDynamicTag Tag, ulong Value);
