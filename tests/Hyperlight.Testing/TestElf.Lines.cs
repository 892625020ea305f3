using System.Text;
using Hyperlight.Elf;

namespace Hyperlight.Testing;

public sealed partial class TestElf
{
    // The header of a line program of version 2, from the length of the header on: the encoding of opcodes, and no folder.
    private static readonly byte[] LineEncoding = [1, 1, 0xFB, 14, 10, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0];

    /// <summary>Adds the section .text, with the bytes of the segment that it lies in.</summary>
    public TestElf WithText(ulong address, ulong size) => WithLoadedSection(
        ".text", ElfSectionType.ProgramBits, address, size, ElfSectionFlags.Allocate | ElfSectionFlags.Execute);

    /// <summary>Adds debug information (DWARF 2): the lines of code, in ascending order, up to an end.</summary>
    public TestElf WithLines(ulong end, params (ulong Address, string File, byte Line)[] rows)
    {
        string[] files = [.. rows.Select(row => row.File).Distinct()];
        byte[] names = [.. files.SelectMany(file => (byte[])[.. Encoding.UTF8.GetBytes(file), 0, 0, 0, 0]), 0];
        List<byte> program = [];
        int line = 1;
        foreach ((ulong address, string file, byte number) in rows)
        {
            // DW_LNE_set_address, DW_LNS_set_file, DW_LNS_advance_line with two bytes, DW_LNS_copy.
            program.AddRange([0, (byte)(1 + Word(address).Length), 2, .. Word(address), 4, (byte)(Array.IndexOf(files, file) + 1)]);
            int distance = number - line;
            program.AddRange([3, (byte)(0x80 | (distance & 0x7F)), (byte)((distance >> 7) & 0x7F), 1]);
            line = number;
        }

        program.AddRange([0, (byte)(1 + Word(end).Length), 2, .. Word(end), 0, 1, 1]);
        byte[] header = [2, 0, .. BitConverter.GetBytes(LineEncoding.Length + names.Length), .. LineEncoding, .. names];
        byte[] unit = [.. header, .. program];
        return WithSection(".debug_line", ElfSectionType.ProgramBits, [.. BitConverter.GetBytes(unit.Length), .. unit]);
    }
}
