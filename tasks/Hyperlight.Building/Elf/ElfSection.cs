namespace Hyperlight.Elf;

/// <summary>A section header with the values of the file, which have not been checked.</summary>
/// <param name="Index">The index in the section header table.</param>
/// <param name="Name">The name; empty if there is no name that can be read.</param>
/// <param name="Type">The type.</param>
/// <param name="Flags">The use of the section in memory.</param>
/// <param name="Address">The linked address; 0 if the section is not loaded.</param>
/// <param name="Offset">The offset of the first byte in the file.</param>
/// <param name="Size">The size in bytes.</param>
/// <param name="Link">sh_link: the index of another section.</param>
/// <param name="Info">sh_info: its meaning depends on the type.</param>
/// <param name="Alignment">sh_addralign, in bytes.</param>
/// <param name="EntrySize">The size of an entry in bytes if the section is a table; otherwise 0.</param>
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
