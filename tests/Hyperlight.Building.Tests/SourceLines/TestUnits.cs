using System.Text;
using Hyperlight.Elf;
using Hyperlight.SourceLines;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.SourceLines;

/// <summary>Makes the sections of debug information by hand.</summary>
internal static class TestUnits
{
    /// <summary>A table with the abbreviation 1: a folder (DW_FORM_string) and the place of a line program (DW_FORM_data4).</summary>
    public static readonly byte[] Abbreviation = [1, 0x11, 0, 0x1B, 0x08, 0x10, 0x06, 0, 0, 0];

    /// <summary>Makes a line program with one file, whose only line is at an address.</summary>
    public static byte[] Lines(string file, byte address, int version = 2, bool is64 = false)
    {
        byte[] operations = version >= 4 ? [1] : [];
        byte[] encoding = [1, .. operations, 1, 0xFB, 14, 10, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0];
        byte[] header = [.. encoding, .. Text(file), 0, 0, 0, 0];

        // DW_LNE_set_address, DW_LNS_copy, DW_LNS_advance_pc, DW_LNE_end_sequence.
        byte[] program = [0, 9, 2, address, 0, 0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 1, 1];
        return WithLength([(byte)version, 0, .. Offset(header.Length, is64), .. header, .. program], is64);
    }

    /// <summary>Makes a unit with the offset of its table of abbreviations and with its first entry.</summary>
    public static byte[] Unit(int table, byte[] entry, int version = 2, bool is64 = false, byte addressSize = 8) =>
        WithLength([(byte)version, 0, .. Offset(table, is64), addressSize, .. entry], is64);

    /// <summary>Makes the first entry of a unit with <see cref="Abbreviation"/>.</summary>
    public static byte[] Entry(string folder, int lines) => [1, .. Text(folder), .. BitConverter.GetBytes(lines)];

    public static byte[] Text(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    public static byte[] Offset(int value, bool is64) => is64 ? BitConverter.GetBytes((long)value) : BitConverter.GetBytes(value);

    /// <summary>Makes a guest of the sections, whose code has the addresses up to 0x40.</summary>
    public static ElfFile Elf(byte[] lines, byte[] units, byte[] abbreviations, string texts = "") => GuestReport.OfReading(
        TestElf.Amd64().WithText(0, 0x40)
            .WithSection(".debug_line", ElfSectionType.ProgramBits, lines)
            .WithSection(".debug_info", ElfSectionType.ProgramBits, units)
            .WithSection(".debug_abbrev", ElfSectionType.ProgramBits, abbreviations)
            .WithSection(".debug_str", ElfSectionType.ProgramBits, Text(texts))).Elf!;

    /// <summary>Gets the paths of a guest's files, in the order of their lines.</summary>
    public static string[] Files(ElfFile elf) => [.. LineTable.Read(elf).Select(line => line.File).OfType<string>()];

    private static byte[] WithLength(byte[] unit, bool is64)
    {
        byte[] mark = is64 ? [0xFF, 0xFF, 0xFF, 0xFF] : [];
        return [.. mark, .. Offset(unit.Length, is64), .. unit];
    }
}
