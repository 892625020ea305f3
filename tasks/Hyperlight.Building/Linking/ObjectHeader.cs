using System.Buffers.Binary;
using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>
/// Checks the sizes and numbers of an object before the library reads it. The library believes them, and would allocate memory or loop for
/// what a damaged file claims.
/// </summary>
internal static class ObjectHeader
{
    private const int RelocatableType = 1;
    private const int Machine = 62;
    private const int MostSections = 0xFF00;
    private static readonly ElfFormat Format = new(ElfClass.Elf64);

    /// <summary>Checks an object.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="file">The content.</param>
    /// <exception cref="HyperlightException">The object is malformed or of another kind (HL7001, HL7002).</exception>
    public static void Check(string name, ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith("\u007FELF"u8))
        {
            bool isBitcode = file.StartsWith("BC"u8);
            throw LinkFailure.Unsupported(
                name,
                isBitcode ? "LLVM bitcode" : "neither an object nor an archive",
                isBitcode ? "compile without -flto" : "give an object or an archive");
        }

        if (file.Length < Format.HeaderSize)
        {
            throw LinkFailure.Malformed(name, "the file ends in the ELF header");
        }

        if (file[4] != 2 || file[5] != 1 || U16(file, 16) != RelocatableType || U16(file, 18) != Machine)
        {
            throw LinkFailure.Unsupported(
                name,
                $"an ELF file of class {file[4]}, byte order {file[5]}, type {U16(file, 16)} and machine {U16(file, 18)}",
                "compile for x86-64 with -c");
        }

        ulong table = U64(file, 40);
        int count = U16(file, 60);
        if (count is 0 or >= MostSections)
        {
            throw LinkFailure.Unsupported(
                name, $"an object with the number {count} of sections", $"use at most {MostSections - 1} sections");
        }

        if (U16(file, 58) != Format.SectionHeaderSize || U16(file, 62) >= count
            || !Fits(file, table, (ulong)(count * Format.SectionHeaderSize)))
        {
            throw LinkFailure.Malformed(name, "the table of sections lies outside the file");
        }

        for (int i = 0; i < count; i++)
        {
            CheckSection(name, file, file[(int)(table + (ulong)(i * Format.SectionHeaderSize))..], i, count);
        }
    }

    private static void CheckSection(string name, ReadOnlySpan<byte> file, ReadOnlySpan<byte> header, int number, int count)
    {
        ElfSectionType type = (ElfSectionType)BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        ulong size = U64(header, 32);
        ulong element = U64(header, 56);
        if (type is not (ElfSectionType.NoBits or ElfSectionType.None) && !Fits(file, U64(header, 24), size))
        {
            throw LinkFailure.Malformed(name, $"section {number} lies outside the file");
        }

        int expected = type switch
        {
            ElfSectionType.SymbolTable => Format.SymbolSize,
            ElfSectionType.Rela => Format.RelaSize,
            ElfSectionType.Rel => Format.RelSize,
            ElfSectionType.Group or ElfSectionType.SymbolTableIndices => 4,
            _ => 0,
        };
        if (expected != 0 && (element != (ulong)expected || size % (ulong)expected != 0))
        {
            throw LinkFailure.Malformed(name, $"section {number} has {size} bytes in entries of {element}, {expected} are right");
        }

        if (expected != 0 && U32(header, 40) >= count)
        {
            throw LinkFailure.Malformed(name, $"section {number} belongs to section {U32(header, 40)}, the last is {count - 1}");
        }
    }

    private static bool Fits(ReadOnlySpan<byte> file, ulong offset, ulong size) =>
        offset <= (ulong)file.Length && size <= (ulong)file.Length - offset;

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
