using System.Buffers.Binary;
using LibObjectFile.Diagnostics;
using LibObjectFile.Elf;
using Kind = Hyperlight.Elf.ElfSectionType;
using Use = Hyperlight.Elf.ElfSectionFlags;

namespace Hyperlight.Linking;

/// <summary>Reads objects. With <see cref="ArchiveReader"/> the only user of the library that knows the formats.</summary>
internal sealed class ObjectReader
{
    // The flag of a group of which a guest has one (GRP_COMDAT).
    private const uint IsUnique = 1;

    // The size of a relocation with an addend (Elf64_Rela).
    private const int RowSize = 24;

    private readonly InputObject _object;
    private readonly ReadOnlyMemory<byte> _file;
    private readonly ElfFile _elf;
    private readonly SymbolTable _symbols;
    private readonly List<ElfSymbol> _entries;

    private ObjectReader(string name, ReadOnlyMemory<byte> file, ElfFile elf, SymbolTable symbols)
    {
        _object = new(name);
        (_file, _elf, _symbols) = (file, elf, symbols);
        _entries = elf.Sections.OfType<ElfSymbolTable>().FirstOrDefault()?.Entries ?? [];
    }

    /// <summary>Reads an object and adds its symbols to those of the guest.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="file">The content.</param>
    /// <param name="symbols">The symbols of the guest.</param>
    /// <exception cref="HyperlightException">The object cannot be linked (HL7001 to HL7003).</exception>
    public static InputObject Read(string name, ReadOnlyMemory<byte> file, SymbolTable symbols)
    {
        ObjectHeader.Check(name, file.Span);
        try
        {
            return new ObjectReader(name, file, Open(name, file), symbols).Read();
        }
#pragma warning disable CA1031 // The library ends in exceptions of many kinds for objects that contradict themselves.
        catch (Exception e) when (e is not (HyperlightException or OutOfMemoryException))
#pragma warning restore CA1031
        {
            throw LinkFailure.Malformed(name, e.Message.TrimEnd('.'), e);
        }
    }

    private static ElfFile Open(string name, ReadOnlyMemory<byte> file)
    {
        // Contents are taken from the file itself. The library would copy each section, lose the bytes of notes, and make objects of the
        // relocations of sections that no guest has: with debug information these are most of the file.
        ElfReaderOptions options = new()
        {
            UseSubStream = true,
            TryCreateSection = static (type, _) =>
                type is ElfSectionType.Note or ElfSectionType.RelocationAddends ? new ElfStreamSection(type) : null!,
        };
        using MemoryStream stream = LinkInput.Open(file);
        return ElfFile.TryRead(stream, out ElfFile? elf, out DiagnosticBag? bag, options)
            ? elf
            : throw LinkFailure.Malformed(name, string.Join("; ", bag.Messages.Select(message => message.Message)));
    }

    private InputObject Read()
    {
        _object.Sections = new InputSection?[_elf.Sections.Count];
        foreach (ElfSection section in _elf.Sections)
        {
            if (Keeps(section))
            {
                _object.Sections[section.OrderInSectionHeaderTable] = ReadSection(section);
            }
            else if (IsDebugInformation(section))
            {
                _object.DebugSections.Add(new(section.Name.Value, section.OrderInSectionHeaderTable, BytesOf(section)));
            }
        }

        // Sections that lie over each other are forged, and would become more memory than the object has.
        if (_object.DebugSections.Sum(section => (long)section.Data.Length) > _file.Length)
        {
            _object.DebugSections.Clear();
        }

        foreach (ElfSection section in _elf.Sections.Where(section => (Kind)section.Type == Kind.Group))
        {
            ReadGroup(section);
        }

        ReadSymbols();
        foreach (ElfSection section in _elf.Sections.Where(section => (Kind)section.Type is Kind.Rela or Kind.Rel))
        {
            ReadRelocations(section);
        }

        return _object;
    }

    private bool Keeps(ElfSection section)
    {
        if (!((Use)section.Flags).HasFlag(Use.Allocate))
        {
            return false;
        }

        Kind type = (Kind)section.Type;
        bool isKnown = type is Kind.ProgramBits or Kind.NoBits or Kind.Note or Kind.Unwind
            or Kind.InitializationArray or Kind.FinalizationArray or Kind.PreinitializationArray;
        if (!isKnown || ((Use)section.Flags).HasFlag(Use.Compressed))
        {
            throw new HyperlightException(Rules.LinkSection.Found(
                $"the section {section.Name.Value} of '{_object.Name}' has the type 0x{(uint)type:x} "
                + $"and the flags 0x{(ulong)section.Flags:x}, "
                + $"allowed in memory are code, data, zeros, notes, unwinding entries and tables of constructors, not compressed: "
                + $"compile the object without the option that makes the section."));
        }

        return true;
    }

    private DebugSection? FindDebug(uint number) => _object.DebugSections.Find(section => section.Number == number);

    private static bool IsDebugInformation(ElfSection section) =>
        (Kind)section.Type == Kind.ProgramBits
        && (((Use)section.Flags) & (Use.Allocate | Use.Compressed)) == 0
        && section.Name.Value.StartsWith(DebugInformation.NamePrefix, StringComparison.Ordinal);

    private InputSection ReadSection(ElfSection section)
    {
        ulong alignment = Math.Max(1, section.VirtualAddressAlignment);
        if (!ulong.IsPow2(alignment) || alignment > GuestLayout.PageSize)
        {
            throw new HyperlightException(Rules.LinkLimit.Found(
                $"the section {section.Name.Value} of '{_object.Name}' is aligned to {alignment} bytes, allowed are powers of two up to "
                + $"{GuestLayout.PageSize}: lower the alignment in the source."));
        }

        bool isZeros = (Kind)section.Type == Kind.NoBits;
        return new(section.Name.Value, (Kind)section.Type, (Use)section.Flags)
        {
            Object = _object,
            Alignment = alignment,
            Size = section.Size,
            ElementSize = section.TableEntrySize,
            Data = isZeros ? default : BytesOf(section),
        };
    }

    private void ReadGroup(ElfSection section)
    {
        ReadOnlySpan<byte> words = ContentOf(section);
        List<InputSection> members = [];
        for (int at = 4; at < words.Length; at += 4)
        {
            uint number = BinaryPrimitives.ReadUInt32LittleEndian(words[at..]);
            if (number < _object.Sections.Length && _object.Sections[number] is { } member)
            {
                members.Add(member);
                member.Group = members;
            }
        }

        if (words.Length >= 4 && (BinaryPrimitives.ReadUInt32LittleEndian(words) & IsUnique) != 0)
        {
            ElfSymbol signature = _entries[(int)section.Info.GetIndex()];
            string name = signature.Name.Value;
            _object.Groups.Add((name.Length > 0 ? name : signature.SectionLink.Section!.Name.Value, members));
        }
    }

    private void ReadSymbols()
    {
        _symbols.DropKnownGroups(_object);
        _object.Symbols = new LinkSymbol[_entries.Count];
        _object.SymbolDebugSections = _object.DebugSections.Count > 0
            ? [.. _entries.Select(entry => entry.SectionLink.Section is { } from ? FindDebug(from.OrderInSectionHeaderTable) : null)]
            : [];
        for (int i = 0; i < _entries.Count; i++)
        {
            ElfSymbol entry = _entries[i];
            ElfSectionLink link = entry.SectionLink;
            InputSection? section = link.Section is { } from ? _object.Sections[from.OrderInSectionHeaderTable] : null;
            bool isLocal = entry.Bind == ElfSymbolBind.Local;
            SymbolState state = link.IsEmpty ? (isLocal ? SymbolState.Absolute : SymbolState.Undefined)
                : link == ElfSectionLink.SectionCommon ? SymbolState.Common
                : link == ElfSectionLink.SectionAbsolute ? SymbolState.Absolute
                : SymbolState.Defined;
            LinkSymbol found = new(entry.Name.Value)
            {
                State = state,
                IsNeeded = entry.Bind != ElfSymbolBind.Weak,
                IsWeak = entry.Bind == ElfSymbolBind.Weak,
                IsLocal = isLocal,
                Type = (Elf.ElfSymbolType)(byte)entry.Type,
                Object = _object,
                Section = section,
                Value = entry.Value,
                Size = entry.Size,
            };
            _object.Symbols[i] = found.IsLocal ? found : _symbols.Resolve(found);
        }
    }

    private void ReadRelocations(ElfSection section)
    {
        // The library resolves the field only with SHF_INFO_LINK, which LLVM does not set for the relocations of groups.
        int number = section.Info.Section is { } target ? (int)target.OrderInSectionHeaderTable : section.Info.GetIndex();
        if ((uint)number >= _object.Sections.Length || _object.Sections[number] is not { } input)
        {
            if ((Kind)section.Type == Kind.Rela && FindDebug((uint)number) is { } debug)
            {
                debug.Relocations = BytesOf(section);
            }

            return;
        }

        if ((Kind)section.Type == Kind.Rel)
        {
            throw LinkFailure.Unsupported(_object.Name, "an object whose relocations have no addends (SHT_REL)", "compile for x86-64");
        }

        ReadOnlySpan<byte> rows = ContentOf(section);
        InputRelocation[] relocations = new InputRelocation[rows.Length / RowSize];
        for (int i = 0; i < relocations.Length; i++, rows = rows[RowSize..])
        {
            relocations[i] = new(
                BinaryPrimitives.ReadUInt64LittleEndian(rows),
                (RelocationType)BinaryPrimitives.ReadUInt32LittleEndian(rows[8..]),
                _object.Symbols[BinaryPrimitives.ReadInt32LittleEndian(rows[12..])],
                BinaryPrimitives.ReadInt64LittleEndian(rows[16..]));
        }

        input.Relocations = relocations;
    }

    private ReadOnlyMemory<byte> BytesOf(ElfSection section) => _file.Slice((int)section.Position, (int)section.Size);

    private ReadOnlySpan<byte> ContentOf(ElfSection section) => BytesOf(section).Span;
}
