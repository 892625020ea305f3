using System.Text;
using Hyperlight.Elf;

namespace Hyperlight.Testing;

public sealed partial class TestElf
{
    private const ulong Page = 0x1000;

    private bool Is64 => _class == ElfClass.Elf64;

    /// <summary>Creates the bytes of the file.</summary>
    public byte[] Build()
    {
        List<Load> loads = [.. _loads];
        ElfSegment? dynamic = null;
        if (_rel.Count + _rela.Count + _relr.Count + _jmprel.Count + _needed.Count + _dynamic.Count > 0)
        {
            ulong address = (loads.Count == 0 ? 0 : loads.Max(load => load.Address + load.MemorySize) + Page - 1) & ~(Page - 1);
            (byte[] content, int tableOffset) = BuildDynamic(address);
            loads.Add(new(address, ElfSegmentFlags.Read, content, (ulong)content.Length, Page));
            ulong size = (ulong)(content.Length - tableOffset);
            dynamic = new(0, ElfSegmentType.Dynamic, ElfSegmentFlags.Read, (ulong)tableOffset, address + (ulong)tableOffset, size, size, 8);
        }

        int headerCount = loads.Count + _others.Count + (dynamic is null ? 0 : 1);
        using MemoryStream file = new();
        file.SetLength((Is64 ? 64 : 52) + (headerCount * (Is64 ? 56 : 32)));
        file.Position = file.Length;

        List<ElfSegment> headers = [];
        foreach (Load load in loads)
        {
            // The file offset and the address are congruent, as p_align demands.
            ulong alignment = load.Alignment is > 1 and <= 0x40_0000 && ulong.IsPow2(load.Alignment) ? load.Alignment : 1;
            ulong offset = (ulong)file.Length;
            offset += unchecked(load.Address - offset) % alignment;
            Append(file, offset, load.Content);
            headers.Add(
                new(0, ElfSegmentType.Load, load.Flags, offset, load.Address, (ulong)load.Content.Length, load.MemorySize, load.Alignment));
        }

        if (dynamic is { } table)
        {
            headers.Add(table with { Offset = headers[^1].Offset + table.Offset });
        }

        foreach ((ElfSegment header, byte[] content) in _others)
        {
            ulong offset = content.Length == 0 ? header.Offset : ((ulong)file.Length + 7) & ~7UL;
            Append(file, content.Length == 0 ? (ulong)file.Length : offset, content);
            headers.Add(header with { Offset = offset });
        }

        (ulong sectionOffset, int sectionCount) = _hasSections ? AppendSections(file, headers) : (0, 0);
        WriteHeaders(file, headers, sectionOffset, sectionCount);
        byte[] bytes = file.ToArray();
        foreach ((int offset, byte[] patch) in _patches)
        {
            patch.CopyTo(bytes, offset);
        }

        return bytes;
    }

    private (byte[] Content, int TableOffset) BuildDynamic(ulong address)
    {
        using MemoryStream content = new();
        List<ElfDynamicEntry> entries = [];
        ulong AppendTable(byte[] bytes)
        {
            Pad(content, 8);
            ulong start = address + (ulong)content.Length;
            content.Write(bytes);
            return start;
        }

        void AddTable(byte[] bytes, ElfDynamicTag start, ElfDynamicTag size, ElfDynamicTag entrySize, ulong entryBytes)
        {
            if (bytes.Length > 0)
            {
                entries.AddRange([new(start, AppendTable(bytes)), new(size, (ulong)bytes.Length), new(entrySize, entryBytes)]);
            }
        }

        byte[] names = [0, .. _needed.SelectMany(Terminated)];
        entries.AddRange([new(ElfDynamicTag.StringTable, AppendTable(names)), new(ElfDynamicTag.StringTableSize, (ulong)names.Length)]);
        ulong nameOffset = 1;
        foreach (string library in _needed)
        {
            entries.Add(new(ElfDynamicTag.Needed, nameOffset));
            nameOffset += (ulong)Terminated(library).Length;
        }

        ulong wordSize = Is64 ? 8UL : 4UL;
        AddTable(Relocations(_rel), ElfDynamicTag.Rel, ElfDynamicTag.RelSize, ElfDynamicTag.RelEntrySize, 2 * wordSize);
        AddTable(Relocations(_rela), ElfDynamicTag.Rela, ElfDynamicTag.RelaSize, ElfDynamicTag.RelaEntrySize, 3 * wordSize);
        AddTable([.. _relr.SelectMany(Word)], ElfDynamicTag.Relr, ElfDynamicTag.RelrSize, ElfDynamicTag.RelrEntrySize, wordSize);
        AddTable(
            Relocations(_jmprel), ElfDynamicTag.PltRelocations, ElfDynamicTag.PltRelocationsSize, ElfDynamicTag.PltRelocationKind,
            (ulong)(Is64 ? ElfDynamicTag.Rela : ElfDynamicTag.Rel));

        Pad(content, 8);
        int tableOffset = (int)content.Length;
        foreach (ElfDynamicEntry entry in (IEnumerable<ElfDynamicEntry>)[.. entries, .. _dynamic, new(ElfDynamicTag.End, 0)])
        {
            content.Write([.. Word((ulong)entry.Tag), .. Word(entry.Value)]);
        }

        return (content.ToArray(), tableOffset);
    }

    private byte[] Relocations(List<ElfRelocation> relocations)
    {
        List<byte> bytes = [];
        foreach (ElfRelocation relocation in relocations)
        {
            bytes.AddRange(Word(relocation.Offset));
            bytes.AddRange(
                Word(Is64 ? ((ulong)relocation.Symbol << 32) | relocation.Type : ((ulong)relocation.Symbol << 8) | relocation.Type));
            if (relocation.Addend is { } addend)
            {
                bytes.AddRange(Word((ulong)addend));
            }
        }

        return [.. bytes];
    }

    private (ulong Offset, int Count) AppendSections(MemoryStream file, List<ElfSegment> segments)
    {
        List<(string Name, ElfSectionType Type, ulong Alignment, byte[] Content)> sections = [.. _sections];
        if (_symbols.Count > 0)
        {
            sections.Add((".symtab", ElfSectionType.SymbolTable, 8, BuildSymbols()));
            sections.Add((".strtab", ElfSectionType.StringTable, 1, [0, .. _symbols.SelectMany(symbol => Terminated(symbol.Name))]));
        }

        List<byte> names = [0, .. _loadedSections.SelectMany(section => Terminated(section.Name)),
            .. sections.SelectMany(section => Terminated(section.Name))];
        sections.Add((".shstrtab", ElfSectionType.StringTable, 1, [.. names, .. Terminated(".shstrtab")]));

        using MemoryStream headers = new();
        headers.Write(new byte[Is64 ? 64 : 40]);
        int nameOffset = 1;
        foreach ((string name, ElfSectionType type, ElfSectionFlags flags, ulong address, ulong size) in _loadedSections)
        {
            ElfSegment segment = segments.FirstOrDefault(
                segment => segment.Type == ElfSegmentType.Load && address >= segment.VirtualAddress && address <= segment.LastAddress);
            headers.Write(
                [.. BitConverter.GetBytes(nameOffset), .. BitConverter.GetBytes((uint)type), .. Word((ulong)flags), .. Word(address)]);
            headers.Write([.. Word(segment.Offset + (address - segment.VirtualAddress)), .. Word(size), .. BitConverter.GetBytes(0),
                .. BitConverter.GetBytes(0), .. Word(4), .. Word(0)]);
            nameOffset += Terminated(name).Length;
        }

        for (int index = 0; index < sections.Count; index++)
        {
            (string name, ElfSectionType type, ulong alignment, byte[] content) = sections[index];
            ulong offset = ((ulong)file.Length + 7) & ~7UL;
            Append(file, offset, content);
            bool isSymbols = type == ElfSectionType.SymbolTable;

            // sh_link of .symtab names .strtab, the section behind it. Index 0 is the empty header, and the loaded sections come first.
            headers.Write(
                [.. BitConverter.GetBytes(nameOffset), .. BitConverter.GetBytes((uint)type), .. Word(0), .. Word(0), .. Word(offset)]);
            headers.Write([.. Word((ulong)content.Length), .. BitConverter.GetBytes(isSymbols ? _loadedSections.Count + index + 2 : 0),
                .. BitConverter.GetBytes(isSymbols ? 1 : 0)]);
            headers.Write([.. Word(alignment), .. Word(isSymbols ? (Is64 ? 24UL : 16UL) : 0)]);
            nameOffset += Encoding.UTF8.GetByteCount(name) + 1;
        }

        ulong headersOffset = ((ulong)file.Length + 7) & ~7UL;
        Append(file, headersOffset, headers.ToArray());
        return (headersOffset, sections.Count + _loadedSections.Count + 1);
    }

    private byte[] BuildSymbols()
    {
        List<byte> bytes = [.. new byte[Is64 ? 24 : 16]];
        int nameOffset = 1;
        foreach (ElfSymbol symbol in _symbols)
        {
            byte[] name = BitConverter.GetBytes(nameOffset);
            byte[] rest = [(byte)(((int)symbol.Binding << 4) | (int)symbol.Type), 0, .. BitConverter.GetBytes(symbol.SectionIndex)];
            bytes.AddRange(Is64
                ? [.. name, .. rest, .. Word(symbol.Value), .. Word(symbol.Size)]
                : [.. name, .. Word(symbol.Value), .. Word(symbol.Size), .. rest]);
            nameOffset += Encoding.UTF8.GetByteCount(symbol.Name) + 1;
        }

        return [.. bytes];
    }

    private void WriteHeaders(MemoryStream file, List<ElfSegment> segments, ulong sectionOffset, int sectionCount)
    {
        file.Position = 0;
        file.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', (byte)_class, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.Write([.. Half((int)_type), .. Half((int)_machine), .. BitConverter.GetBytes(1), .. Word(_entry)]);
        file.Write([.. Word(Is64 ? 64UL : 52UL), .. Word(sectionOffset), .. BitConverter.GetBytes(0)]);
        file.Write([.. Half(Is64 ? 64 : 52), .. Half(Is64 ? 56 : 32), .. Half(segments.Count)]);
        file.Write([.. Half(sectionCount == 0 ? 0 : Is64 ? 64 : 40), .. Half(sectionCount), .. Half(Math.Max(0, sectionCount - 1))]);
        foreach (ElfSegment segment in segments)
        {
            byte[] flags = BitConverter.GetBytes((uint)segment.Flags);
            file.Write([.. BitConverter.GetBytes((uint)segment.Type), .. Is64 ? flags : []]);
            file.Write([.. Word(segment.Offset), .. Word(segment.VirtualAddress), .. Word(segment.VirtualAddress)]);
            file.Write([.. Word(segment.FileSize), .. Word(segment.MemorySize), .. Is64 ? [] : flags, .. Word(segment.Alignment)]);
        }
    }

    private static void Append(MemoryStream file, ulong offset, byte[] content)
    {
        file.SetLength(Math.Max(file.Length, (long)offset));
        file.Position = (long)offset;
        file.Write(content);
    }

    private byte[] Word(ulong value) => Is64 ? BitConverter.GetBytes(value) : BitConverter.GetBytes((uint)value);

    private static byte[] Half(int value) => BitConverter.GetBytes((ushort)value);
}
