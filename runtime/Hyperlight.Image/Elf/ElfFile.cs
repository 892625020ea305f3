using System.Collections.Immutable;

namespace Hyperlight.Elf;

/// <summary>
/// A guest's ELF file: 32 or 64 bits, little-endian, of any machine. What it says is kept as found and means nothing before
/// <c>GuestValidator</c> has looked at it. Reading takes time and memory in proportion to the file, whatever its bytes are.
/// </summary>
public sealed class ElfFile
{
    private readonly Lazy<ImmutableArray<ElfSymbol>> _symbols;

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
        ElfMemory memory = new(file, LoadSegments);
        ElfDynamicTable dynamic = ElfDynamicTable.Read(file, header.Format, segments, findings);
        Dynamic = dynamic.Entries;
        NeededLibraries = dynamic.ReadNeededLibraries(memory, file.Length, findings);
        Relocations = new ElfRelocationTables(header.Format, dynamic, memory, file.Length, findings).Read();
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
    public ImmutableArray<ElfDynamicEntry> Dynamic { get; }

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
    public int WordSize => new ElfFormat(Class).WordSize;

    /// <summary>Reads an ELF file. Never throws on what the bytes are.</summary>
    /// <param name="bytes">The file's content. It is kept, not copied, and must not change.</param>
    /// <param name="findings">
    /// Receives HL1001, HL1002, HL1003, HL1016, HL1018 and HL1019: everything that could not be read. That it was read does not make it a guest.
    /// </param>
    /// <returns>The file with what could be read of it; null where its headers are unusable.</returns>
    public static ElfFile? TryRead(ReadOnlyMemory<byte> bytes, ICollection<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        if (ElfHeader.TryRead(bytes.Span, findings) is not { } header)
        {
            return null;
        }

        ImmutableArray<ElfSection> sections = ElfSectionTable.Read(bytes.Span, header, findings);
        return ElfSegmentTable.TryRead(bytes.Span, header, findings) is { } segments ? new(bytes, header, segments, sections, findings) : null;
    }

    /// <summary>The bytes the file has for a segment; empty where they are not all in the file.</summary>
    public ReadOnlyMemory<byte> ContentOf(ElfSegment segment) =>
        ElfRange.TrySlice(Bytes.Span, segment.Offset, segment.FileSize, out ReadOnlySpan<byte> content)
            ? Bytes.Slice((int)segment.Offset, content.Length)
            : default;
}
