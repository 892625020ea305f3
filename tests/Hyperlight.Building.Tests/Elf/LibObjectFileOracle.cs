using Hyperlight.Elf;
using LibObjectFile.Diagnostics;
using Other = LibObjectFile.Elf;

namespace Hyperlight.Building.Tests.Elf;

/// <summary>
/// Reads an ELF file with LibObjectFile and returns it in our types. LibObjectFile finds relocations and the dynamic table by their
/// sections, our reader finds them by the segments, so a file is read in two ways. LibObjectFile does not expand packed relocations (RELR)
/// and misreads notes that are aligned to 8 bytes, so both are left out.
/// </summary>
internal sealed class LibObjectFileOracle
{
    private readonly Other.ElfFile _file;

    private LibObjectFileOracle(byte[] bytes)
    {
        using MemoryStream stream = new(bytes);
        bool isRead = Other.ElfFile.TryRead(stream, out Other.ElfFile? file, out DiagnosticBag? diagnostics);
        Assert.True(isRead, $"LibObjectFile says {diagnostics}");
        _file = file!;
    }

    /// <summary>Asserts that LibObjectFile and our reader agree in every part of a well-formed file.</summary>
    public static void AssertAgrees(byte[] bytes)
    {
        GuestReport report = GuestReport.OfReading(bytes);
        LibObjectFileOracle other = new(bytes);

        ElfFile? elf = report.Elf;
        Assert.NotNull(elf);
        Assert.Empty(report.Findings);
        Assert.Equal(
            ((int)other._file.FileClass, (int)other._file.Arch.Value, (int)other._file.FileType, other._file.EntryPointAddress),
            ((int)elf.Class, (int)elf.Machine, (int)elf.Type, elf.Entry));
        Assert.Equal(other.Segments(), elf.Segments);
        Assert.Equal(other.Sections(), elf.Sections);
        Assert.Equal(other.Symbols(), elf.Symbols);
        Assert.Equal(other.Dynamic(), elf.Dynamic);
        Assert.Equal(other.NeededLibraries(), elf.NeededLibraries);
        if (elf.Dynamic.Length > 0)
        {
            bool isPacked = elf.Dynamic.Any(entry => entry.Tag == ElfDynamicTag.Relr);
            Assert.Equal(Compared(other.Relocations(), isPacked), Compared(elf.Relocations, isPacked));
        }

        Assert.Equal(other.BuildId(), elf.BuildId);
    }

    private IEnumerable<ElfSegment> Segments() => _file.Segments.Select((segment, index) => new ElfSegment(
        index,
        (ElfSegmentType)segment.Type.Value,
        (ElfSegmentFlags)segment.Flags.Value,
        segment.Position,
        segment.VirtualAddress,
        segment.Size,
        segment.SizeInMemory,
        segment.VirtualAddressAlignment));

    private IEnumerable<ElfSection> Sections() => _file.Sections.Select(section => new ElfSection(
        section.SectionIndex,
        section.Name.Value,
        (ElfSectionType)section.Type,
        (ElfSectionFlags)section.Flags,
        section.VirtualAddress,
        section.Position,
        section.Size,
        (uint)section.Link.GetIndex(),
        (uint)section.Info.GetIndex(),
        section.VirtualAddressAlignment,
        section.TableEntrySize));

    private IEnumerable<ElfSymbol> Symbols()
    {
        List<Other.ElfSymbolTable> tables = [.. _file.Sections.OfType<Other.ElfSymbolTable>()];
        Other.ElfSymbolTable? table = tables.Find(table => table.Type == Other.ElfSectionType.SymbolTable) ?? tables.FirstOrDefault();
        return table is null ? [] : table.Entries.Skip(1).Select(symbol => new ElfSymbol(
            symbol.Name.Value,
            symbol.Value,
            symbol.Size,
            (ElfSymbolType)symbol.Type,
            (ElfSymbolBinding)symbol.Bind,
            (ushort)symbol.SectionLink.GetIndex()));
    }

    private IEnumerable<ElfDynamicEntry> Dynamic() => _file.Sections.OfType<Other.ElfDynamicLinkingTable>()
        .SelectMany(table => table.Entries.Select(entry => new ElfDynamicEntry((ElfDynamicTag)entry.Tag, entry.Value)))
        .TakeWhile(entry => entry.Tag != ElfDynamicTag.End);

    private IEnumerable<string> NeededLibraries() =>
        _file.Sections.OfType<Other.ElfDynamicLinkingTable>().SelectMany(table => table.GetNeededLibraries());

    // Only loaded sections of relocations are in the dynamic table. The other sections are left from linking.
    private IEnumerable<ElfRelocation> Relocations() => _file.Sections.OfType<Other.ElfRelocationTable>()
        .Where(table => (table.Flags & Other.ElfSectionFlags.Alloc) != 0)
        .SelectMany(table => table.Entries.Select(relocation => new ElfRelocation(
            relocation.Offset,
            relocation.Type.Value,
            relocation.SymbolIndex,
            table.IsRelocationWithAddends ? relocation.Addend : null)));

    private static IEnumerable<ElfRelocation> Compared(IEnumerable<ElfRelocation> relocations, bool isPacked) => relocations
        .Where(relocation => !isPacked || relocation is not { Type: ElfRelocation.Relative, Addend: null })
        .OrderBy(relocation => relocation.Offset).ThenBy(relocation => relocation.Type).ThenBy(relocation => relocation.Symbol);

    private string? BuildId()
    {
        IEnumerable<Other.ElfNote> notes = _file.Sections.OfType<Other.ElfNoteTable>().SelectMany(table => table.Entries);
        if (notes.OfType<Other.ElfGnuNoteBuildId>().FirstOrDefault()?.BuildId is not { } id)
        {
            return null;
        }

        using MemoryStream copy = new();
        id.Position = 0;
        id.CopyTo(copy);
        return Convert.ToHexStringLower(copy.ToArray());
    }
}
