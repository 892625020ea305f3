namespace Hyperlight.Elf;

/// <summary>An entry of the dynamic table, as found in the file.</summary>
/// <param name="Tag">What it says.</param>
/// <param name="Value">A number, a size in bytes or a virtual address, depending on the tag.</param>
internal readonly record struct ElfDynamicEntry(ElfDynamicTag Tag, ulong Value);
