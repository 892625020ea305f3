namespace Hyperlight.Elf;

/// <summary>A section header, as found in the file: nothing in it has been checked.</summary>
/// <param name="Index">Its place in the section header table.</param>
/// <param name="Name">Its name, empty where the file has none that can be read.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Flags">How its bytes are used in memory.</param>
/// <param name="Address">Where it is linked to be in memory, 0 for nowhere.</param>
/// <param name="Offset">Where its bytes start in the file.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Link">sh_link: the section it refers to.</param>
/// <param name="Info">sh_info: its meaning depends on the type.</param>
/// <param name="Alignment">sh_addralign, in bytes.</param>
/// <param name="EntrySize">Bytes of one entry where it holds a table, else 0.</param>
internal readonly record struct ElfSection(
    int Index,
    string Name,
    ElfSectionType Type,
    ElfSectionFlags Flags,
    ulong Address,
    ulong Offset,
    ulong Size,
    uint Link,
    uint Info,
    ulong Alignment,
    ulong EntrySize);
