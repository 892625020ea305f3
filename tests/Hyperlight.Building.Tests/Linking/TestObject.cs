using System.Text;
using Hyperlight.Elf;
using Hyperlight.Linking;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>Builds small objects for x86-64. The sections have the numbers 1, 2 and so on, in the order of the calls.</summary>
internal sealed class TestObject
{
    /// <summary>The number of the section of a symbol that nothing defines.</summary>
    public const int Undefined = 0;

    /// <summary>The number of the section of a symbol that is a number.</summary>
    public const int Absolute = 0xFFF1;

    /// <summary>The number of the section of a common symbol, whose value is its alignment.</summary>
    public const int Common = 0xFFF2;

    /// <summary>The use of code.</summary>
    public const ElfSectionFlags Code = ElfSectionFlags.Allocate | ElfSectionFlags.Execute;

    /// <summary>The use of variables.</summary>
    public const ElfSectionFlags Data = ElfSectionFlags.Allocate | ElfSectionFlags.Write;

    private const int WordSize = 8;
    private const ElfSectionFlags InfoIsSection = (ElfSectionFlags)0x40;

    private readonly List<Section> _sections = [];
    private readonly List<Symbol> _symbols = [];
    private readonly Dictionary<int, List<(ulong Offset, uint Type, string Symbol, long Addend)>> _relocations = [];
    private readonly List<(string Signature, int[] Members)> _groups = [];

    /// <summary>Gets or sets the machine of the object.</summary>
    public ushort Machine { get; set; } = 62;

    /// <summary>Gets or sets whether tables of relocations have the flag that says so of their field sh_info. LLVM leaves it out.</summary>
    public bool SetsInfoFlag { get; set; } = true;

    /// <summary>Gets an object whose entry point is some code.</summary>
    public static TestObject WithEntry(params byte[] code) =>
        new TestObject().WithSection(".text", code).WithSymbol("entrypoint", 1, type: ElfSymbolType.Function);

    public TestObject WithSection(
        string name, byte[] content, ElfSectionFlags flags = Code, ElfSectionType type = ElfSectionType.ProgramBits,
        ulong size = 0, ulong entry = 0, ulong alignment = WordSize)
    {
        _sections.Add(new(name, type, flags, content, size == 0 ? (ulong)content.Length : size, 0, 0, entry, alignment));
        return this;
    }

    public TestObject WithSymbol(
        string name, int section, ulong value = 0, ulong size = 0, ElfSymbolBinding binding = ElfSymbolBinding.Global,
        ElfSymbolType type = ElfSymbolType.Data)
    {
        _symbols.Add(new(name, section, value, size, binding, type));
        return this;
    }

    public TestObject WithRelocation(RelocationType type, string symbol, ulong offset, long addend = 0, int section = 1)
    {
        if (!_relocations.TryGetValue(section, out var list))
        {
            _relocations.Add(section, list = []);
        }

        list.Add((offset, (uint)type, symbol, addend));
        return this;
    }

    /// <summary>Adds a group of sections, of which a guest has one of those with the same signature (COMDAT).</summary>
    public TestObject WithGroup(string signature, params int[] members)
    {
        _groups.Add((signature, members));
        return this;
    }

    public LinkInput Input(string name = "test.o") => new(name, Build());

    public byte[] Build()
    {
        var symbols = _symbols.OrderBy(symbol => symbol.Binding != ElfSymbolBinding.Local).ToList();
        uint NumberOf(string name) => (uint)(symbols.FindIndex(symbol => symbol.Name == name) + 1);
        int table = 1 + _sections.Count + _relocations.Count + _groups.Count;
        var sections = _sections.ToList();
        foreach ((int section, var list) in _relocations)
        {
            byte[] content = Write(writer =>
            {
                foreach (var relocation in list)
                {
                    writer.Write(relocation.Offset);
                    writer.Write((ulong)NumberOf(relocation.Symbol) << 32 | relocation.Type);
                    writer.Write(relocation.Addend);
                }
            });
            ElfSectionFlags flags = SetsInfoFlag ? InfoIsSection : 0;
            sections.Add(Table(".rela", ElfSectionType.Rela, content, table, section, 24) with { Flags = flags });
        }

        foreach ((string signature, int[] members) in _groups)
        {
            byte[] content = Write(writer => Array.ForEach([1, .. members], writer.Write));
            sections.Add(Table(".group", ElfSectionType.Group, content, table, (int)NumberOf(signature), 4));
        }

        byte[] names = [0];
        byte[] entries = Write(writer =>
        {
            writer.Write(new byte[24]);
            foreach (Symbol symbol in symbols)
            {
                writer.Write(names.Length);
                writer.Write((byte)((int)symbol.Binding << 4 | (int)symbol.Type));
                writer.Write((byte)0);
                writer.Write((ushort)symbol.Section);
                writer.Write(symbol.Value);
                writer.Write(symbol.Size);
                names = [.. names, .. Encoding.UTF8.GetBytes(symbol.Name), 0];
            }
        });
        int locals = 1 + symbols.Count(symbol => symbol.Binding == ElfSymbolBinding.Local);
        sections.Add(Table(".symtab", ElfSectionType.SymbolTable, entries, table + 1, locals, 24));
        sections.Add(Table(".strtab", ElfSectionType.StringTable, names, 0, 0, 0));
        IEnumerable<string> all = sections.Select(section => section.Name).Append(".shstrtab");
        byte[] titles = [0, .. all.SelectMany(name => Encoding.UTF8.GetBytes(name + "\0"))];
        sections.Add(Table(".shstrtab", ElfSectionType.StringTable, titles, 0, 0, 0));
        return Write(writer => WriteFile(writer, sections));
    }

    private static Section Table(string name, ElfSectionType type, byte[] content, int link, int info, ulong entry) =>
        new(name, type, 0, content, (ulong)content.Length, link, info, entry, WordSize);

    private void WriteFile(BinaryWriter writer, List<Section> sections)
    {
        int headers = 64 + sections.Sum(section => (section.Content.Length + 7) & ~7);
        writer.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write((ushort)1);
        writer.Write(Machine);
        writer.Write(1);
        writer.Write(0ul);
        writer.Write(0ul);
        writer.Write((ulong)headers);
        writer.Write(0);
        writer.Write((ushort)64);
        writer.Write(0);
        writer.Write((ushort)64);
        writer.Write((ushort)(sections.Count + 1));
        writer.Write((ushort)sections.Count);
        foreach (Section section in sections)
        {
            writer.Write(section.Content);
            writer.Write(new byte[-section.Content.Length & 7]);
        }

        writer.Write(new byte[64]);
        int name = 1;
        ulong offset = 64;
        foreach (Section section in sections)
        {
            writer.Write(name);
            writer.Write((uint)section.Type);
            writer.Write((ulong)section.Flags);
            writer.Write(0ul);
            writer.Write(offset);
            writer.Write(section.Size);
            writer.Write(section.Link);
            writer.Write(section.Info);
            writer.Write(section.Alignment);
            writer.Write(section.Entry);
            name += Encoding.UTF8.GetByteCount(section.Name) + 1;
            offset += (ulong)((section.Content.Length + 7) & ~7);
        }
    }

    private static byte[] Write(Action<BinaryWriter> write)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        write(writer);
        return stream.ToArray();
    }

    private sealed record Section(
        string Name, ElfSectionType Type, ElfSectionFlags Flags, byte[] Content, ulong Size, int Link, int Info, ulong Entry,
        ulong Alignment);

    private sealed record Symbol(string Name, int Section, ulong Value, ulong Size, ElfSymbolBinding Binding, ElfSymbolType Type);
}
