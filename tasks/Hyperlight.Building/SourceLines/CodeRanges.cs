using Hyperlight.Elf;

namespace Hyperlight.SourceLines;

/// <summary>
/// The addresses of a guest's code. Symbols and lines of code that the linker left out have other addresses, often 0 and more.
/// </summary>
internal sealed class CodeRanges
{
    private readonly ulong[] _starts;
    private readonly ulong[] _ends;

    /// <summary>Finds the sections with code.</summary>
    public CodeRanges(ElfFile elf)
    {
        ElfSection[] sections = [.. elf.Sections.Where(HasEnd).OrderBy(section => section.Address)];
        _starts = [.. sections.Select(section => section.Address)];
        _ends = [.. sections.Select(section => section.Address + section.Size)];

        static bool HasEnd(ElfSection section) => ElfSectionTable.IsCode(section) && section.Size <= ulong.MaxValue - section.Address;
    }

    /// <summary>Gets the address behind the section that has an address; 0 if no section with code has it.</summary>
    public ulong EndAround(ulong address)
    {
        int place = Array.BinarySearch(_starts, address);
        place = place < 0 ? ~place - 1 : place;
        return place >= 0 && address < _ends[place] ? _ends[place] : 0;
    }
}
