using Hyperlight.Elf;

namespace Hyperlight.Testing;

/// <summary>
/// Builds ELF files; without changes they are valid guests of their layout. The builder shares no code with the reader. A file has this
/// order:
/// <code>
///   ELF header │ program headers │ segments, each congruent to its address │ other contents │ section names │ section headers
/// </code>
/// Tables of relocations, strings and the dynamic table go into one more read-only segment on a page of its own.
/// </summary>
public sealed partial class TestElf
{
    /// <summary>The address of the code in the default amd64 guest.</summary>
    public const ulong TextAddress = 0;

    /// <summary>The entry point of the default guests.</summary>
    public const ulong DefaultEntry = 0x10;

    private readonly List<Load> _loads = [];
    private readonly List<(ElfSegment Header, byte[] Content)> _others = [];
    private readonly List<(string Name, ElfSectionType Type, ulong Alignment, byte[] Content)> _sections = [];
    private readonly List<(string Name, ElfSectionType Type, ElfSectionFlags Flags, ulong Address, ulong Size)> _loadedSections = [];
    private readonly List<ElfSymbol> _symbols = [];
    private readonly List<ElfRelocation> _rel = [];
    private readonly List<ElfRelocation> _rela = [];
    private readonly List<ulong> _relr = [];
    private readonly List<ElfRelocation> _jmprel = [];
    private readonly List<string> _needed = [];
    private readonly List<ElfDynamicEntry> _dynamic = [];
    private readonly List<(int Offset, byte[] Bytes)> _patches = [];
    private ElfClass _class;
    private ElfMachine _machine;
    private ElfType _type;
    private ulong _entry;
    private bool _hasSections = true;

    private TestElf(ElfClass elfClass, ElfMachine machine, ElfType type) =>
        (_class, _machine, _type, _entry) = (elfClass, machine, type, DefaultEntry);

    /// <summary>Creates a position-independent 64-bit guest at address 0: code, constants, data with .bss.</summary>
    public static TestElf Amd64() => new TestElf(ElfClass.Elf64, ElfMachine.X86_64, ElfType.PositionIndependent).WithDefaultSegments();

    /// <summary>Creates a 32-bit guest for the identity layout, linked at address 0: code, constants, data with .bss.</summary>
    public static TestElf I686() => new TestElf(ElfClass.Elf32, ElfMachine.I386, ElfType.Executable).WithDefaultSegments();

    /// <summary>Creates a 32-bit guest that fits no upstream layout, linked at the address: code, constants, data with .bss.</summary>
    public static TestElf I686At(ulong address) =>
        new TestElf(ElfClass.Elf32, ElfMachine.I386, ElfType.Executable).WithEntry(address + DefaultEntry).WithDefaultSegments(address);

    /// <summary>Sets e_type.</summary>
    internal TestElf WithType(ElfType type) => Do(() => _type = type);

    /// <summary>Sets e_machine.</summary>
    internal TestElf WithMachine(ElfMachine machine) => Do(() => _machine = machine);

    /// <summary>Writes all structures of the file in the given ELF class.</summary>
    internal TestElf WithClass(ElfClass elfClass) => Do(() => _class = elfClass);

    /// <summary>Sets e_entry.</summary>
    public TestElf WithEntry(ulong entry) => Do(() => _entry = entry);

    /// <summary>Removes all segments that were added so far.</summary>
    public TestElf WithoutSegments() => Do(_loads.Clear);

    /// <summary>Leaves the section headers out.</summary>
    public TestElf WithoutSections() => Do(() => _hasSections = false);

    /// <summary>Adds a loaded segment at the end of the program headers.</summary>
    /// <param name="address">The value of p_vaddr.</param>
    /// <param name="flags">The value of p_flags.</param>
    /// <param name="content">The bytes of the segment in the file.</param>
    /// <param name="memorySize">The value of p_memsz; <c>null</c> for the size of the content.</param>
    /// <param name="alignment">The value of p_align.</param>
    internal TestElf WithSegment(
        ulong address, ElfSegmentFlags flags, byte[] content, ulong? memorySize = null, ulong alignment = 0x1000) =>
        Do(() => _loads.Add(new(address, flags, content, memorySize ?? (ulong)content.Length, alignment)));

    /// <summary>Adds a program header without content. All its fields are written as given, except the index.</summary>
    internal TestElf WithProgramHeader(ElfSegment header) => Do(() => _others.Add((header, [])));

    /// <summary>Adds a PT_INTERP segment.</summary>
    public TestElf WithInterpreter(string path = "/lib64/ld-linux-x86-64.so.2") =>
        WithContent(ElfSegmentType.Interpreter, Terminated(path), alignment: 1);

    /// <summary>Adds a PT_TLS segment at the start of the last loaded segment, without bytes in the file.</summary>
    public TestElf WithTls(ulong memorySize) =>
        WithProgramHeader(new(
            0, ElfSegmentType.ThreadLocalStorage, ElfSegmentFlags.Read, 0, _loads.Count == 0 ? 0 : _loads[^1].Address, 0, memorySize, 8));

    /// <summary>Adds a PT_GNU_STACK segment.</summary>
    internal TestElf WithStack(ElfSegmentFlags flags) => WithProgramHeader(new(0, ElfSegmentType.GnuStack, flags, 0, 0, 0, 0, 4));

    /// <summary>Adds upstream's version note as a section (amd64 sheet, section 1.4).</summary>
    public TestElf WithVersionNote(string version) =>
        WithSection(".note.hyperlight-version", ElfSectionType.Note, VersionNote(version), alignment: 8);

    /// <summary>Adds upstream's version note as a PT_NOTE segment, as in a file without section headers.</summary>
    public TestElf WithVersionNoteSegment(string version) => WithContent(ElfSegmentType.Note, VersionNote(version), alignment: 8);

    /// <summary>Adds a GNU build id as a PT_NOTE segment.</summary>
    public TestElf WithBuildId(params byte[] id) => WithContent(ElfSegmentType.Note, Note("GNU", 3, id, alignment: 4), alignment: 4);

    /// <summary>Adds a PT_NOTE segment with these bytes.</summary>
    public TestElf WithNoteSegment(byte[] notes) => WithContent(ElfSegmentType.Note, notes, alignment: 4);

    /// <summary>Adds a section that is not loaded.</summary>
    internal TestElf WithSection(string name, ElfSectionType type, byte[] content, ulong alignment = 1) =>
        Do(() => _sections.Add((name, type, alignment, content)));

    /// <summary>Adds a section that lies in a loaded segment. The bytes of the section are those of the segment.</summary>
    internal TestElf WithLoadedSection(
        string name, ElfSectionType type, ulong address, ulong size = 8, ElfSectionFlags flags = ElfSectionFlags.Allocate) =>
        Do(() => _loadedSections.Add((name, type, flags, address, size)));

    /// <summary>Writes words at an address into the segments that were added so far.</summary>
    public TestElf WithWordsAt(ulong address, params ulong[] words) => Do(() =>
    {
        Load load = _loads.First(load => address >= load.Address && address - load.Address < (ulong)load.Content.Length);
        words.SelectMany(Word).ToArray().CopyTo(load.Content, (int)(address - load.Address));
    });

    /// <summary>Writes code at an address into the segments that were added so far.</summary>
    public TestElf WithCodeAt(ulong address, params byte[] code) => Do(() =>
    {
        Load load = _loads.First(load => address >= load.Address && address - load.Address < (ulong)load.Content.Length);
        code.CopyTo(load.Content, (int)(address - load.Address));
    });

    /// <summary>Adds an undefined symbol to .symtab.</summary>
    internal TestElf WithUndefinedSymbol(string name, ElfSymbolBinding binding) =>
        Do(() => _symbols.Add(new(name, 0, 0, ElfSymbolType.None, binding, 0)));

    /// <summary>Adds a symbol to .symtab.</summary>
    internal TestElf WithSymbol(string name, ulong value, ulong size = 0, ElfSymbolType type = ElfSymbolType.Function) =>
        Do(() => _symbols.Add(new(name, value, size, type, ElfSymbolBinding.Global, 1)));

    /// <summary>Adds a relocation to the REL table; its addend is the word at <paramref name="offset"/>.</summary>
    public TestElf WithRel(ulong offset, uint type = ElfRelocation.Relative, uint symbol = 0) =>
        Do(() => _rel.Add(new(offset, type, symbol, null)));

    /// <summary>Adds a relocation to the RELA table.</summary>
    public TestElf WithRela(ulong offset, long addend, uint type = ElfRelocation.Relative, uint symbol = 0) =>
        Do(() => _rela.Add(new(offset, type, symbol, addend)));

    /// <summary>
    /// Adds words to the RELR table: an even word is an address, an odd word is a bitmap of the words behind that address.
    /// </summary>
    public TestElf WithRelr(params ulong[] words) => Do(() => _relr.AddRange(words));

    /// <summary>Adds a relocation of the procedure linkage table: with an addend in 64-bit files, without one in 32-bit files.</summary>
    public TestElf WithJmprel(ulong offset, uint type, uint symbol = 0) =>
        Do(() => _jmprel.Add(new(offset, type, symbol, _class == ElfClass.Elf64 ? 0 : null)));

    /// <summary>Adds a shared library that the file needs.</summary>
    public TestElf WithNeeded(string library) => Do(() => _needed.Add(library));

    /// <summary>Adds an entry to the end of the dynamic table. If a tag is there several times, the last entry counts.</summary>
    internal TestElf WithDynamic(ElfDynamicTag tag, ulong value) => Do(() => _dynamic.Add(new(tag, value)));

    /// <summary>Overwrites bytes in the finished file.</summary>
    public TestElf WithBytesAt(int offset, params byte[] bytes) => Do(() => _patches.Add((offset, bytes)));

    private TestElf WithDefaultSegments(ulong address = 0)
    {
        byte[] text = new byte[0x40];
        text.AsSpan().Fill(0xF4); // hlt
        byte[] data = new byte[0x80];
        return WithSegment(address + TextAddress, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, text)
            .WithSegment(address + 0x1000, ElfSegmentFlags.Read, [.. "constants"u8])
            .WithSegment(address + 0x2000, ElfSegmentFlags.Read | ElfSegmentFlags.Write, data, memorySize: 0x1800);
    }

    private TestElf WithContent(ElfSegmentType type, byte[] content, ulong alignment) => Do(() =>
        _others.Add((new(0, type, ElfSegmentFlags.Read, 0, 0, (ulong)content.Length, (ulong)content.Length, alignment), content)));

    private TestElf Do(Action change)
    {
        change();
        return this;
    }

    private sealed record Load(ulong Address, ElfSegmentFlags Flags, byte[] Content, ulong MemorySize, ulong Alignment);
}
