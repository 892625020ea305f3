using Hyperlight.Elf;

namespace Hyperlight.SourceLines;

/// <summary>The sections of debug information that have lines. A section that is missing or compressed is empty.</summary>
/// <param name="Lines">.debug_line: the line programs.</param>
/// <param name="LineTexts">.debug_line_str: the paths of line programs of version 5.</param>
/// <param name="Texts">.debug_str: texts that paths can be among.</param>
/// <param name="Units">.debug_info: the units, of which each has a line program.</param>
/// <param name="Abbreviations">.debug_abbrev: what the entries of units consist of.</param>
internal readonly record struct DebugSections(
    ReadOnlyMemory<byte> Lines,
    ReadOnlyMemory<byte> LineTexts,
    ReadOnlyMemory<byte> Texts,
    ReadOnlyMemory<byte> Units,
    ReadOnlyMemory<byte> Abbreviations)
{
    /// <summary>Finds the sections of a file.</summary>
    public static DebugSections Of(ElfFile elf) => new(
        Find(elf, ".debug_line"),
        Find(elf, ".debug_line_str"),
        Find(elf, ".debug_str"),
        Find(elf, ".debug_info"),
        Find(elf, ".debug_abbrev"));

    /// <summary>Finds the content of a section by name.</summary>
    public static ReadOnlyMemory<byte> Find(ElfFile elf, string name)
    {
        foreach (ElfSection section in elf.Sections)
        {
            if (section.Name == name && section.Type == ElfSectionType.ProgramBits && (section.Flags & ElfSectionFlags.Compressed) == 0
                && ElfRange.TrySlice(elf.Bytes.Span, section.Offset, section.Size, out _))
            {
                return elf.Bytes.Slice((int)section.Offset, (int)section.Size);
            }
        }

        return default;
    }
}
