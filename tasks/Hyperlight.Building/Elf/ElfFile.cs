using System.Collections.Immutable;

namespace Hyperlight.Elf;

/// <summary>
/// A guest's ELF file: 32 or 64 bits, little-endian, of any machine. What it says is kept as found and means nothing before
/// <c>GuestValidator</c> has looked at it. Reading takes time and memory in proportion to the file, whatever its bytes are.
/// </summary>
internal sealed class ElfFile
{
    private const int LongestSymbolName = 4096;

    private readonly Lazy<ImmutableArray<ElfSymbol>> _symbols;
    private readonly ElfDynamicTable _dynamic;
    private readonly ImmutableArray<ElfSegment> _sortedSegments;

    private ElfFile(
        ReadOnlyMemory<byte> bytes, ElfHeader header, ImmutableArray<ElfSegment> segments, ImmutableArray<ElfSection> sections, ICollection<Finding> findings)
    {
        Bytes = bytes;
        Class = header.Format.Class;
        Machine = header.Machine;
        Type = header.Type;
        Entry = header.Entry;
        Segments = segments;
        LoadSegments = [.. segments.Where(segment => segment.Type == ElfSegmentType.Load && segment.MemorySize > 0)];
        Sections = sections;
        _symbols = new(() => ElfSymbolTable.Read(bytes.Span, header.Format, sections));

        ReadOnlySpan<byte> file = bytes.Span;
        _sortedSegments = ElfMemory.Sort(LoadSegments);
        ElfMemory memory = new(file, _sortedSegments);
        _dynamic = ElfDynamicTable.Read(file, header.Format, segments, findings);
        NeededLibraries = _dynamic.ReadNeededLibraries(memory, file.Length, findings);
        ElfRelocationTables tables = new(header.Format, _dynamic, memory, file.Length, findings);
        Relocations = tables.Read();
        LeftTables = tables.ReadLeft(file, sections);
        ProgramHeaders = (header.ProgramHeaderOffset, (ulong)segments.Length * (ulong)header.Format.ProgramHeaderSize);
        Linker = ElfLinkerMark.Read(file, sections);
        (HyperlightVersion, BuildId) = ElfNotes.Read(file, segments, sections, findings);

        if (!LoadSegments.IsEmpty)
        {
            LoadBase = LoadSegments.Min(segment => segment.VirtualAddress);
            ulong distance = LoadSegments.Max(segment => segment.LastAddress) - LoadBase;
            LoadSize = distance == ulong.MaxValue ? ulong.MaxValue : distance + 1;
        }
    }

    /// <summary>The whole file.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The width of its addresses.</summary>
    public ElfClass Class { get; }

    /// <summary>The processor it is for.</summary>
    public ElfMachine Machine { get; }

    /// <summary>What kind of object it is.</summary>
    public ElfType Type { get; }

    /// <summary>The virtual address of the entry point, as linked.</summary>
    public ulong Entry { get; }

    /// <summary>All program headers, in the order of their table.</summary>
    public ImmutableArray<ElfSegment> Segments { get; }

    /// <summary>The segments that take up memory: PT_LOAD with a memory size above 0, in the order of their table.</summary>
    public ImmutableArray<ElfSegment> LoadSegments { get; }

    /// <summary>The lowest virtual address of <see cref="LoadSegments"/>, as linked; 0 where there are none.</summary>
    public ulong LoadBase { get; }

    /// <summary>
    /// Bytes from <see cref="LoadBase"/> to behind the last byte of <see cref="LoadSegments"/>, not rounded; 0 where there are none,
    /// <see cref="ulong.MaxValue"/> where a segment claims to reach beyond the address space.
    /// </summary>
    public ulong LoadSize { get; }

    /// <summary>All section headers, with the empty first one; none in a stripped file.</summary>
    public ImmutableArray<ElfSection> Sections { get; }

    /// <summary>The dynamic table up to, and without, its end mark.</summary>
    public ImmutableArray<ElfDynamicEntry> Dynamic => _dynamic.Entries;

    /// <summary>The relocations of the dynamic table: those of REL, RELA, RELR, JMPREL, in this order.</summary>
    public ImmutableArray<ElfRelocation> Relocations { get; }

    /// <summary>The shared libraries it asks for (DT_NEEDED).</summary>
    public ImmutableArray<string> NeededLibraries { get; }

    /// <summary>The upstream Hyperlight version its version note names, for example <c>0.16.0</c>; null where no note tells.</summary>
    public string? HyperlightVersion { get; }

    /// <summary>The linker's build id (NT_GNU_BUILD_ID) in lower-case hexadecimal, null where there is none of 1 to 64 bytes.</summary>
    public string? BuildId { get; }

    /// <summary>The symbols of <c>.symtab</c>, without it those of <c>.dynsym</c>; read at first use, none where they cannot be read.</summary>
    public ImmutableArray<ElfSymbol> Symbols => _symbols.Value;

    /// <summary>Bytes of the word that a relocation changes: 8, in a 32-bit file 4.</summary>
    public int WordSize => Format.WordSize;

    /// <summary>The relocations in sections that are loaded and that the dynamic table does not name: nothing outside of the guest applies them.</summary>
    internal ImmutableArray<ElfLeftTable> LeftTables { get; }

    /// <summary>Where the program headers are in the file, and their length in bytes.</summary>
    internal (ulong Offset, ulong Size) ProgramHeaders { get; }

    /// <summary>The linker that made the file.</summary>
    internal ElfLinker Linker { get; }

    /// <summary>The sizes of the structures of its class.</summary>
    internal ElfFormat Format => new(Class);

    /// <summary>Reads an ELF file. Never throws on what the bytes are.</summary>
    /// <param name="bytes">The file's content. It is kept, not copied, and must not change.</param>
    /// <param name="findings">
    /// Receives HL1001, HL1002, HL1003, HL1016, HL1018, HL1019 and HL1024: everything that could not be read. That it was read does not make it a guest.
    /// </param>
    /// <returns>The file with what could be read of it; null where its headers are unusable.</returns>
    public static ElfFile? TryRead(ReadOnlyMemory<byte> bytes, ICollection<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        if (ElfHeader.TryRead(bytes.Span, findings) is not { } header)
        {
            return null;
        }

        // A file that is cut off before its program headers lacks its section headers too: that is said once.
        if (ElfSegmentTable.TryRead(bytes.Span, header, findings) is not { } segments)
        {
            return null;
        }

        ImmutableArray<ElfSection> sections = ElfSectionTable.Read(bytes.Span, header, findings);
        if (ElfSectionTable.IsDebugFile(sections))
        {
            findings.Add(Rules.DebugFile.Found(
                "the file was separated from a guest for debuggers (objcopy --only-keep-debug): it holds debug information, and of code and data the sizes alone; "
                + "give the guest itself, whose file mostly has the same name without .debug."));
            return null;
        }

        return new(bytes, header, segments, sections, findings);
    }

    /// <summary>The value of a tag of the dynamic table, null where it has none.</summary>
    internal ulong? FindDynamic(ElfDynamicTag tag) => _dynamic.Find(tag);

    /// <summary>The bytes from an address on, as linked, if one segment has all of them in the file; else none.</summary>
    internal ReadOnlySpan<byte> BytesAt(ulong address, ulong size) =>
        new ElfMemory(Bytes.Span, _sortedSegments).TrySlice(address, size, out ReadOnlySpan<byte> bytes) ? bytes : [];

    /// <summary>The word at an address, as linked; null where the file has none.</summary>
    internal ulong? WordAt(ulong address)
    {
        ReadOnlySpan<byte> bytes = BytesAt(address, (ulong)WordSize);
        return bytes.IsEmpty ? null : new ElfCursor(bytes, Format).ReadWord();
    }

    /// <summary>The symbol that a relocation of the dynamic table refers to by its number; null where it cannot be read.</summary>
    internal ElfSymbol? DynamicSymbol(uint index)
    {
        ulong size = (ulong)Format.SymbolSize;
        if (index == 0 || FindDynamic(ElfDynamicTag.SymbolTable) is not { } symbols || symbols > ulong.MaxValue - (index * size)
            || FindDynamic(ElfDynamicTag.StringTable) is not { } names || FindDynamic(ElfDynamicTag.StringTableSize) is not { } namesSize)
        {
            return null;
        }

        ReadOnlySpan<byte> entry = BytesAt(symbols + (index * size), size);
        ElfStringTable strings = new(BytesAt(names, namesSize), LongestSymbolName);
        return entry.IsEmpty ? null : ElfSymbolTable.ReadEntry(entry, Format, ref strings);
    }

    /// <summary>The bytes the file has for a segment; empty where they are not all in the file.</summary>
    public ReadOnlyMemory<byte> ContentOf(ElfSegment segment) =>
        ElfRange.TrySlice(Bytes.Span, segment.Offset, segment.FileSize, out ReadOnlySpan<byte> content)
            ? Bytes.Slice((int)segment.Offset, content.Length)
            : default;
}
