using System.Collections.Immutable;

namespace Hyperlight.Elf;

/// <summary>
/// The ELF file of a guest: 32 or 64 bits, little-endian, of any machine. The values are kept as they are in the file, and are not valid
/// before <c>GuestValidator</c> has checked them. Reading takes time and memory in proportion to the size of the file, for any content.
/// </summary>
internal sealed class ElfFile
{
    private const int LongestSymbolName = 4096;

    private Lazy<ImmutableArray<ElfSymbol>> _symbols;
    private readonly ElfDynamicTable _dynamic;
    private readonly ImmutableArray<ElfSegment> _sortedSegments;

    private ElfFile(
        ReadOnlyMemory<byte> bytes, ElfHeader header, ImmutableArray<ElfSegment> segments, ImmutableArray<ElfSection> sections,
            ICollection<Finding> findings)
    {
        Bytes = bytes;
        SymbolFile = this;
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

    /// <summary>Gets the content of the file.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Gets the width of addresses.</summary>
    public ElfClass Class { get; }

    /// <summary>Gets the processor.</summary>
    public ElfMachine Machine { get; }

    /// <summary>Gets the kind of object.</summary>
    public ElfType Type { get; }

    /// <summary>Gets the linked address of the entry point.</summary>
    public ulong Entry { get; }

    /// <summary>Gets all program headers, in the order of their table.</summary>
    public ImmutableArray<ElfSegment> Segments { get; }

    /// <summary>Gets the segments that need memory: PT_LOAD with a memory size above 0, in the order of their table.</summary>
    public ImmutableArray<ElfSegment> LoadSegments { get; }

    /// <summary>Gets the lowest linked address of <see cref="LoadSegments"/>; 0 if there are no such segments.</summary>
    public ulong LoadBase { get; }

    /// <summary>
    /// Gets the size from <see cref="LoadBase"/> to the end of <see cref="LoadSegments"/> in bytes, not rounded; 0 if there are no such
    /// segments, <see cref="ulong.MaxValue"/> if a segment reaches beyond the address space.
    /// </summary>
    public ulong LoadSize { get; }

    /// <summary>Gets all section headers, with the empty first one. A stripped file may have none.</summary>
    public ImmutableArray<ElfSection> Sections { get; }

    /// <summary>Gets the entries of the dynamic table, without the end mark.</summary>
    public ImmutableArray<ElfDynamicEntry> Dynamic => _dynamic.Entries;

    /// <summary>Gets the relocations of the dynamic table: REL, RELA, RELR, JMPREL, in this order.</summary>
    public ImmutableArray<ElfRelocation> Relocations { get; }

    /// <summary>Gets the names of the shared libraries that the file needs (DT_NEEDED).</summary>
    public ImmutableArray<string> NeededLibraries { get; }

    /// <summary>
    /// Gets the version of Hyperlight from the version note, for example <c>0.16.0</c>; <c>null</c> if the file has no such note.
    /// </summary>
    public string? HyperlightVersion { get; }

    /// <summary>
    /// Gets the build id (NT_GNU_BUILD_ID) in lower-case hexadecimal; <c>null</c> if the file has no build id of 1 to 64 bytes.
    /// </summary>
    public string? BuildId { get; }

    /// <summary>
    /// Gets the symbols of <c>.symtab</c> or, without this section, of <c>.dynsym</c>. They are read at first use. The list is empty if
    /// they cannot be read.
    /// </summary>
    public ImmutableArray<ElfSymbol> Symbols => _symbols.Value;

    /// <summary>
    /// Gets the file that has the symbols and the debug information: this file, or the one of <see cref="TryWithSymbolsOf"/>.
    /// </summary>
    internal ElfFile SymbolFile { get; private set; }

    /// <summary>Gets the size of the word that a relocation changes in bytes: 8, or 4 in a 32-bit file.</summary>
    public int WordSize => Format.WordSize;

    /// <summary>
    /// Gets the relocations of loaded sections that the dynamic table does not name. Only the guest itself could apply them.
    /// </summary>
    internal ImmutableArray<ElfLeftTable> LeftTables { get; }

    /// <summary>Gets the offset of the program headers in the file, and their size in bytes.</summary>
    internal (ulong Offset, ulong Size) ProgramHeaders { get; }

    /// <summary>Gets the linker that made the file.</summary>
    internal ElfLinker Linker { get; }

    /// <summary>Gets the sizes of the structures of the file's class.</summary>
    internal ElfFormat Format => new(Class);

    /// <summary>Reads an ELF file. The method does not throw, whatever the content is.</summary>
    /// <param name="bytes">The content of the file. The content is not copied and must not change.</param>
    /// <param name="findings">
    /// Receives HL1001, HL1002, HL1003, HL1016, HL1018, HL1019 and HL1024: the parts that cannot be read. A file that can be read need
    /// not be a guest.
    /// </param>
    /// <returns>The file with all parts that can be read; <c>null</c> if the headers cannot be read.</returns>
    public static ElfFile? TryRead(ReadOnlyMemory<byte> bytes, ICollection<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        List<Finding> found = [];
        ElfFile? file = TryReadAny(bytes, found);
        if (file is not null && ElfSectionTable.IsDebugFile(file.Sections))
        {
            findings.Add(Rules.DebugFile.Found(
                $"the file was separated from a guest for debuggers (objcopy --only-keep-debug): it holds debug information, "
                + $"but only the sizes of code and data; "
                + $"give the guest itself, whose file usually has the same name without .debug."));
            return null;
        }

        found.ForEach(findings.Add);
        return file;
    }

    /// <summary>Gets the guest with the symbols and the debug information of another file.</summary>
    /// <param name="bytes">
    /// The content of the other file: the guest before it was stripped, or what was separated from it (objcopy --only-keep-debug).
    /// </param>
    /// <returns>The guest; <c>null</c> if the other file does not belong to it, or cannot be read.</returns>
    internal ElfFile? TryWithSymbolsOf(ReadOnlyMemory<byte> bytes)
    {
        if (TryReadAny(bytes, []) is not { } other || !IsSameGuest(other))
        {
            return null;
        }

        ElfFile guest = (ElfFile)MemberwiseClone();
        (guest.SymbolFile, guest._symbols) = (other, other._symbols);
        return guest;
    }

    private static ElfFile? TryReadAny(ReadOnlyMemory<byte> bytes, ICollection<Finding> findings)
    {
        if (ElfHeader.TryRead(bytes.Span, findings) is not { } header)
        {
            return null;
        }

        // A file that is cut off before its program headers has no section headers either. One finding is enough.
        return ElfSegmentTable.TryRead(bytes.Span, header, findings) is not { } segments
            ? null
            : new(bytes, header, segments, ElfSectionTable.Read(bytes.Span, header, findings), findings);
    }

    // The headers of a guest can stay the same when its code changes. Sections do not share bytes, so their bytes are compared once.
    private bool IsSameGuest(ElfFile other)
    {
        ElfRanges ranges = new(other.Bytes.Span);
        bool isSame = (Class, Machine, Type, Entry) == (other.Class, other.Machine, other.Type, other.Entry)
            && (BuildId is null || other.BuildId is null || BuildId == other.BuildId)
            && LoadSegments.Select(Memory).SequenceEqual(other.LoadSegments.Select(Memory));
        foreach (ElfSection section in other.Sections)
        {
            isSame = isSame && (section.Type == ElfSectionType.NoBits || !ElfSectionTable.IsCode(section)
                || ranges.Take(section.Offset, section.Size).SequenceEqual(BytesAt(section.Address, section.Size)));
        }

        return isSame;

        static (ulong Address, ulong Size) Memory(ElfSegment segment) => (segment.VirtualAddress, segment.MemorySize);
    }

    /// <summary>Gets the value of a tag of the dynamic table; <c>null</c> if the table does not have the tag.</summary>
    internal ulong? FindDynamic(ElfDynamicTag tag) => _dynamic.Find(tag);

    /// <summary>Gets the bytes from a linked address on; empty unless one segment has all of them in the file.</summary>
    internal ReadOnlySpan<byte> BytesAt(ulong address, ulong size) =>
        new ElfMemory(Bytes.Span, _sortedSegments).TrySlice(address, size, out ReadOnlySpan<byte> bytes) ? bytes : [];

    /// <summary>Gets the word at a linked address; <c>null</c> if the file does not have the word.</summary>
    internal ulong? WordAt(ulong address)
    {
        ReadOnlySpan<byte> bytes = BytesAt(address, (ulong)WordSize);
        return bytes.IsEmpty ? null : new ElfCursor(bytes, Format).ReadWord();
    }

    /// <summary>
    /// Gets the symbol with the number that a relocation of the dynamic table has; <c>null</c> if the symbol cannot be read.
    /// </summary>
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

    /// <summary>Gets the bytes of a segment; empty if they are not all in the file.</summary>
    public ReadOnlyMemory<byte> ContentOf(ElfSegment segment) =>
        ElfRange.TrySlice(Bytes.Span, segment.Offset, segment.FileSize, out ReadOnlySpan<byte> content)
            ? Bytes.Slice((int)segment.Offset, content.Length)
            : default;
}
