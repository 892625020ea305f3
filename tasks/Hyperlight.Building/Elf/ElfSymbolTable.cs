using System.Collections.Immutable;

namespace Hyperlight.Elf;

/// <summary>Reads the symbols. Guests run without symbols, so a damaged table counts as an empty table.</summary>
internal static class ElfSymbolTable
{
    /// <summary>Reads the symbols of .symtab or, without this section, of .dynsym. The empty first symbol is left out.</summary>
    public static ImmutableArray<ElfSymbol> Read(ReadOnlySpan<byte> file, ElfFormat format, ImmutableArray<ElfSection> sections)
    {
        if ((Find(sections, ElfSectionType.SymbolTable) ?? Find(sections, ElfSectionType.DynamicSymbolTable)) is not { } section
            || !ElfRange.TrySlice(file, section.Offset, section.Size, out ReadOnlySpan<byte> table)
            || section.Link >= (uint)sections.Length
            || !ElfRange.TrySlice(
                file, sections[(int)section.Link].Offset, sections[(int)section.Link].Size, out ReadOnlySpan<byte> stringBytes))
        {
            return [];
        }

        ElfStringTable strings = new(stringBytes, file.Length);
        var symbols = ImmutableArray.CreateBuilder<ElfSymbol>(table.Length / format.SymbolSize);
        for (int start = format.SymbolSize; start <= table.Length - format.SymbolSize; start += format.SymbolSize)
        {
            symbols.Add(ReadEntry(table[start..], format, ref strings));
        }

        return symbols.DrainToImmutable();
    }

    /// <summary>Reads a symbol.</summary>
    public static ElfSymbol ReadEntry(ReadOnlySpan<byte> entry, ElfFormat format, ref ElfStringTable strings)
    {
        ElfCursor cursor = new(entry, format);
        string name = strings.Read(cursor.ReadUInt32()) ?? "";
        if (format.Is64)
        {
            byte info = cursor.ReadByte();
            cursor.Skip(sizeof(byte)); // st_other
            ushort section = cursor.ReadUInt16();
            return Create(name, value: cursor.ReadUInt64(), size: cursor.ReadUInt64(), info, section);
        }
        else
        {
            ulong value = cursor.ReadUInt32();
            ulong size = cursor.ReadUInt32();
            byte info = cursor.ReadByte();
            cursor.Skip(sizeof(byte)); // st_other
            return Create(name, value, size, info, cursor.ReadUInt16());
        }
    }

    // ELF64_ST_BIND and ELF64_ST_TYPE: the halves of st_info.
    private static ElfSymbol Create(string name, ulong value, ulong size, byte info, ushort section) =>
        new(name, value, size, (ElfSymbolType)(info & 0xF), (ElfSymbolBinding)(info >> 4), section);

    private static ElfSection? Find(ImmutableArray<ElfSection> sections, ElfSectionType type)
    {
        foreach (ElfSection section in sections)
        {
            if (section.Type == type)
            {
                return section;
            }
        }

        return null;
    }
}
