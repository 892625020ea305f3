using System.Buffers.Binary;
using System.Text;
using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>Writes the ELF file of a guest: the headers around what the segments contain, and the tables that only tools read.</summary>
internal sealed class ElfBuilder : IDisposable
{
    private const ushort PositionIndependent = 3;
    private const ushort Machine = 62;
    private const ushort ProgramHeaderCount = 6;
    private const string NameTable = ".shstrtab";

    // Room for the section headers and their names. More room is taken where they need more.
    private const int SmallTablesSize = 8192;
    private static readonly ElfFormat Format = new(ElfClass.Elf64);

    private readonly MemoryStream _file;
    private readonly List<byte[]> _headers = [new byte[Format.SectionHeaderSize]];
    private readonly MemoryStream _names = new();

    private ElfBuilder(byte[] image, int tablesSize)
    {
        _file = new(image.Length + tablesSize + SmallTablesSize);
        _file.Write(image);
        _names.WriteByte(0);
    }

    /// <summary>Gets the size of the ELF header and the program headers.</summary>
    public static ulong HeadersSize { get; } = (ulong)(Format.HeaderSize + (Format.ProgramHeaderSize * ProgramHeaderCount));

    /// <summary>Builds the file.</summary>
    /// <param name="image">What the segments contain.</param>
    /// <param name="plan">The addresses.</param>
    /// <param name="entry">The address of the first instruction.</param>
    /// <param name="symbols">The symbol table; <c>null</c> for a file without symbols.</param>
    /// <param name="debug">The sections with debug information.</param>
    public static byte[] Build(
        byte[] image,
        AddressPlan plan,
        ulong entry,
        GuestSymbols? symbols,
        IReadOnlyList<(string Name, byte[] Content)>? debug = null)
    {
        debug ??= [];
        int tablesSize = (symbols is null ? 0 : symbols.Table.Length + symbols.Names.Length) + debug.Sum(section => section.Content.Length);
        using ElfBuilder builder = new(image, tablesSize);
        builder.AddSections(plan);
        if (symbols is not null)
        {
            int table = builder._headers.Count;
            builder.AddTable(
                ".symtab", ElfSectionType.SymbolTable, symbols.Table, table + 1, symbols.LocalCount, Format.WordSize, Format.SymbolSize);
            builder.AddTable(".strtab", ElfSectionType.StringTable, symbols.Names, 0, 0, 1, 0);
            foreach ((string name, byte[] content) in debug)
            {
                builder.AddTable(name, ElfSectionType.ProgramBits, content, 0, 0, 1, 0);
            }
        }

        return builder.Finish(plan, entry);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _names.Dispose();
    }

    private void AddSections(AddressPlan plan)
    {
        foreach (OutputSection output in plan.Outputs.Where(output => output.Size > 0))
        {
            ulong offset = Math.Min(output.Address, plan.FileEnd);
            _headers.Add(Header(
                output.Name, output.Type, output.Flags, output.Address, offset, output.Size, 0, 0, output.Alignment, output.ElementSize));
        }
    }

    private void AddTable(string name, ElfSectionType type, byte[] content, int link, int info, int alignment, int elementSize)
    {
        while (_file.Length % alignment != 0)
        {
            _file.WriteByte(0);
        }

        _headers.Add(Header(
            name, type, 0, 0, (ulong)_file.Length, (ulong)content.Length, link, info, (ulong)alignment, (ulong)elementSize));
        _file.Write(content);
    }

    private byte[] Header(
        string name, ElfSectionType type, ElfSectionFlags flags, ulong address, ulong offset, ulong size, int link, int info,
        ulong alignment, ulong elementSize)
    {
        uint nameOffset = (uint)_names.Length;
        _names.Write(Encoding.UTF8.GetBytes(name));
        _names.WriteByte(0);
        using MemoryStream header = new();
        using BinaryWriter writer = new(header);
        writer.Write(nameOffset);
        writer.Write((uint)type);
        writer.Write((ulong)flags);
        writer.Write(address);
        writer.Write(offset);
        writer.Write(size);
        writer.Write(link);
        writer.Write(info);
        writer.Write(alignment);
        writer.Write(elementSize);
        return header.ToArray();
    }

    private byte[] Finish(AddressPlan plan, ulong entry)
    {
        // The table of names has its own name, so the header comes first.
        byte[] header = Header(NameTable, ElfSectionType.StringTable, 0, 0, (ulong)_file.Length, 0, 0, 0, 1, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(32), (ulong)_names.Length);
        _headers.Add(header);
        _names.WriteTo(_file);
        while (_file.Length % Format.WordSize != 0)
        {
            _file.WriteByte(0);
        }

        ulong table = (ulong)_file.Length;
        _headers.ForEach(section => _file.Write(section));
        _file.Position = 0;
        WriteStart(plan, entry, table);
        return _file.ToArray();
    }

    private void WriteStart(AddressPlan plan, ulong entry, ulong table)
    {
        using BinaryWriter writer = new(_file, Encoding.UTF8, leaveOpen: true);
        writer.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write(PositionIndependent);
        writer.Write(Machine);
        writer.Write(1);
        writer.Write(entry);
        writer.Write((ulong)Format.HeaderSize);
        writer.Write(table);
        writer.Write(0);
        writer.Write((ushort)Format.HeaderSize);
        writer.Write((ushort)Format.ProgramHeaderSize);
        writer.Write(ProgramHeaderCount);
        writer.Write((ushort)Format.SectionHeaderSize);
        writer.Write((ushort)_headers.Count);
        writer.Write((ushort)(_headers.Count - 1));

        void Program(ElfSegmentType type, ElfSegmentFlags flags, SegmentRange range, ulong alignment)
        {
            writer.Write((uint)type);
            writer.Write((uint)flags);
            writer.Write(range.Start);
            writer.Write(range.Start);
            writer.Write(range.Start);
            writer.Write(range.FileSize);
            writer.Write(range.MemorySize);
            writer.Write(alignment);
        }

        const ElfSegmentFlags ReadWrite = ElfSegmentFlags.Read | ElfSegmentFlags.Write;
        Program(ElfSegmentType.Load, ElfSegmentFlags.Read, plan.RangeOf(LoadSegment.ReadOnly), GuestLayout.PageSize);
        Program(ElfSegmentType.Load, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, plan.RangeOf(LoadSegment.Code), GuestLayout.PageSize);
        Program(ElfSegmentType.Load, ReadWrite, plan.RangeOf(LoadSegment.Data), GuestLayout.PageSize);
        Program(ElfSegmentType.Dynamic, ReadWrite, RangeOf(plan, SectionNames.Dynamic), (ulong)Format.WordSize);
        Program(ElfSegmentType.Note, ElfSegmentFlags.Read, RangeOf(plan, SectionNames.VersionNote), 8);
        Program(ElfSegmentType.GnuStack, ReadWrite, default, 0);
    }

    private static SegmentRange RangeOf(AddressPlan plan, string name)
    {
        OutputSection output = plan.Outputs.First(output => output.Name == name);
        return new(output.Address, output.Size, output.Size);
    }
}
