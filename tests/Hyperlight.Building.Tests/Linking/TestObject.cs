using System.Text;
using Hyperlight.Elf;
using Hyperlight.Linking;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>Builds small objects for x86-64.</summary>
internal sealed class TestObject
{
    private const ElfSectionFlags Code = ElfSectionFlags.Allocate | ElfSectionFlags.Execute;

    private readonly List<Section> _sections = [];

    private readonly List<(string Name, int Section, ulong Value, ulong Size, ElfSymbolBinding Binding, ElfSymbolType Type)> _symbols = [];
    private readonly Dictionary<int, List<(ulong Offset, uint Type, string Symbol, long Addend)>> _relocations = [];

    /// <summary>Gets or sets the machine of the object.</summary>
    public ushort Machine { get; set; } = 62;

    /// <summary>Gets an object whose entry point is some code.</summary>
    public static TestObject WithEntry(params byte[] code) =>
        new TestObject().WithSection(".text", code).WithSymbol("entrypoint", 1, type: ElfSymbolType.Function);

    public TestObject WithSection(
        string name, byte[] content, ElfSectionFlags flags = Code, ElfSectionType type = ElfSectionType.ProgramBits,
        ulong size = 0, ulong entry = 0)
    {
        _sections.Add(new(name, type, flags, content, size == 0 ? (ulong)content.Length : size, 0, 0, entry));
        return this;
    }

    /// <summary>Adds a symbol. Section 0 is undefined, 0xFFF1 a number, 0xFFF2 common.</summary>
    public TestObject WithSymbol(
        string name, int section, ulong value = 0, ulong size = 0, ElfSymbolBinding binding = ElfSymbolBinding.Global,
        ElfSymbolType type = ElfSymbolType.Data)
    {
        _symbols.Add((name, section, value, size, binding, type));
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

    public LinkInput Input(string name = "test.o") => new(name, Build());

    public byte[] Build()
    {
        var symbols = _symbols.OrderBy(symbol => symbol.Binding != ElfSymbolBinding.Local).ToList();
        int table = 1 + _sections.Count + _relocations.Count;
        var sections = _sections.ToList();
        foreach ((int section, var list) in _relocations)
        {
            byte[] content = Write(writer =>
            {
                foreach (var relocation in list)
                {
                    ulong symbol = (ulong)(symbols.FindIndex(symbol => symbol.Name == relocation.Symbol) + 1);
                    writer.Write(relocation.Offset);
                    writer.Write(symbol << 32 | relocation.Type);
                    writer.Write(relocation.Addend);
                }
            });
            sections.Add(new(".rela", ElfSectionType.Rela, (ElfSectionFlags)0x40, content, (ulong)content.Length, table, section, 24));
        }

        byte[] names = [0];
        byte[] entries = Write(writer =>
        {
            writer.Write(new byte[24]);
            foreach (var symbol in symbols)
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
        sections.Add(new(".symtab", ElfSectionType.SymbolTable, 0, entries, (ulong)entries.Length, table + 1, locals, 24));
        sections.Add(new(".strtab", ElfSectionType.StringTable, 0, names, (ulong)names.Length, 0, 0, 0));
        IEnumerable<string> all = sections.Select(section => section.Name).Append(".shstrtab");
        byte[] titles = [0, .. all.SelectMany(name => Encoding.UTF8.GetBytes(name + "\0"))];
        sections.Add(new(".shstrtab", ElfSectionType.StringTable, 0, titles, (ulong)titles.Length, 0, 0, 0));
        return Write(writer => WriteFile(writer, sections));
    }

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
        foreach (var section in sections)
        {
            writer.Write(section.Content);
            writer.Write(new byte[-section.Content.Length & 7]);
        }

        writer.Write(new byte[64]);
        int name = 1;
        ulong offset = 64;
        foreach (var section in sections)
        {
            writer.Write(name);
            writer.Write((uint)section.Type);
            writer.Write((ulong)section.Flags);
            writer.Write(0ul);
            writer.Write(offset);
            writer.Write(section.Size);
            writer.Write(section.Link);
            writer.Write(section.Info);
            writer.Write(8ul);
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
        string Name, ElfSectionType Type, ElfSectionFlags Flags, byte[] Content, ulong Size, int Link, int Info, ulong Entry);
}
