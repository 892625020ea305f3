using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;

namespace Hyperlight.Elf;

/// <summary>Reads the relocation tables that the dynamic table names.</summary>
internal readonly ref struct ElfRelocationTables(
    ElfFormat format, ElfDynamicTable dynamic, ElfMemory memory, int fileSize, ICollection<Finding> findings)
{
    private readonly ElfFormat _format = format;
    private readonly ElfDynamicTable _dynamic = dynamic;
    private readonly ElfMemory _memory = memory;
    private readonly int _fileSize = fileSize;
    private readonly ICollection<Finding> _findings = findings;

    /// <summary>Reads all relocations: REL, RELA, expanded RELR, JMPREL.</summary>
    public ImmutableArray<ElfRelocation> Read()
    {
        var relocations = ImmutableArray.CreateBuilder<ElfRelocation>();
        Table rel = Locate("DT_REL", ElfDynamicTag.Rel, ElfDynamicTag.RelSize, ElfDynamicTag.RelEntrySize, _format.RelSize);
        Table rela = Locate("DT_RELA", ElfDynamicTag.Rela, ElfDynamicTag.RelaSize, ElfDynamicTag.RelaEntrySize, _format.RelaSize);
        Table relr = Locate("DT_RELR", ElfDynamicTag.Relr, ElfDynamicTag.RelrSize, ElfDynamicTag.RelrEntrySize, _format.WordSize);
        ReadRel(rel, relocations);
        ReadRela(rela, relocations);
        ReadRelr(relr, relocations, _findings);
        ReadPlt(rel, rela, relocations);
        return relocations.DrainToImmutable();
    }

    /// <summary>Reads the relocations of loaded sections that the dynamic table does not name. Damaged relocations are left out.</summary>
    public ImmutableArray<ElfLeftTable> ReadLeft(ReadOnlySpan<byte> file, ImmutableArray<ElfSection> sections)
    {
        var left = ImmutableArray.CreateBuilder<ElfLeftTable>();
        ElfRanges ranges = new(file);
        (ulong Address, ulong Size)[] named = NamedTables();
        foreach (ElfSection section in sections)
        {
            if (section.Type is not (ElfSectionType.Rel or ElfSectionType.Rela or ElfSectionType.Relr)
                || (section.Flags & ElfSectionFlags.Allocate) == 0 || section.Size == 0
                || named.Any(table => section.Address >= table.Address && section.Address - table.Address < table.Size))
            {
                continue;
            }

            var relocations = ImmutableArray.CreateBuilder<ElfRelocation>();
            Table table = new(section.Address, ranges.Take(section.Offset, section.Size));
            switch (section.Type)
            {
                case ElfSectionType.Rel:
                    ReadRel(table, relocations);
                    break;
                case ElfSectionType.Rela:
                    ReadRela(table, relocations);
                    break;
                default:
                    ReadRelr(table, relocations, new List<Finding>());
                    break;
            }

            left.Add(new(section.Name, section.Address, section.Size, relocations.DrainToImmutable()));
        }

        return left.DrainToImmutable();
    }

    /// <summary>
    /// Gets the addresses and sizes of the tables that the dynamic table names. The size of a table that it does not name is 0.
    /// </summary>
    private (ulong Address, ulong Size)[] NamedTables() =>
    [
        RangeOf(ElfDynamicTag.Rel, ElfDynamicTag.RelSize),
        RangeOf(ElfDynamicTag.Rela, ElfDynamicTag.RelaSize),
        RangeOf(ElfDynamicTag.Relr, ElfDynamicTag.RelrSize),
        RangeOf(ElfDynamicTag.PltRelocations, ElfDynamicTag.PltRelocationsSize),
    ];

    private (ulong Address, ulong Size) RangeOf(ElfDynamicTag address, ElfDynamicTag size) =>
        _dynamic.Find(address) is { } first && _dynamic.Find(size) is { } length ? (first, length) : default;

    private Table Locate(string name, ElfDynamicTag addressTag, ElfDynamicTag sizeTag, ElfDynamicTag entrySizeTag, int entrySize)
    {
        if (_dynamic.Find(entrySizeTag) is { } found && found != (ulong)entrySize)
        {
            _findings.Add(Rules.MalformedDynamic.Found(
                $"the dynamic table gives an entry of {name} {found} bytes, entries of this ELF class have {entrySize}: "
                + $"the file is damaged, link the guest again."));
            return default;
        }

        return Locate(name, _dynamic.Find(addressTag), _dynamic.Find(sizeTag), entrySize);
    }

    private Table Locate(string name, ulong? address, ulong? size, int entrySize)
    {
        if ((address ?? 0) == 0 && (size ?? 0) == 0)
        {
            return default;
        }

        if (address is null || size is null)
        {
            _findings.Add(Rules.MalformedDynamic.Found(
                $"{name} has {(address is null ? "a size but no address" : "an address but no size")}, it needs both: "
                + $"the file is damaged, link the guest again."));
            return default;
        }

        if (size.Value % (ulong)entrySize != 0)
        {
            _findings.Add(Rules.MalformedDynamic.Found(
                $"{name} has 0x{size:X} bytes, which is not a multiple of {entrySize}, the size of its entries: "
                + $"the file is damaged, link the guest again."));
        }

        if (!_memory.TrySlice(address.Value, size.Value, out ReadOnlySpan<byte> bytes))
        {
            // An empty table may point anywhere.
            if (size != 0)
            {
                _findings.Add(Rules.MalformedDynamic.Found(
                    $"{name} (0x{size:X} bytes at 0x{address:X}) is not in the file content of a segment, so its relocations are lost: "
                    + $"keep the relocation sections in a loaded segment of the linker script."));
            }

            return default;
        }

        return new(address.Value, bytes);
    }

    private void ReadRel(Table table, ImmutableArray<ElfRelocation>.Builder relocations, Table except = default) =>
        ReadEntries(table, _format.RelSize, hasAddend: false, relocations, except);

    private void ReadRela(Table table, ImmutableArray<ElfRelocation>.Builder relocations, Table except = default) =>
        ReadEntries(table, _format.RelaSize, hasAddend: true, relocations, except);

    private void ReadEntries(Table table, int entrySize, bool hasAddend, ImmutableArray<ElfRelocation>.Builder relocations, Table except)
    {
        relocations.Capacity = Math.Max(relocations.Capacity, relocations.Count + (table.Bytes.Length / entrySize));
        for (int offset = 0; offset <= table.Bytes.Length - entrySize; offset += entrySize)
        {
            if (!except.Contains(table.Address + (ulong)offset, (ulong)entrySize))
            {
                ElfCursor cursor = new(table.Bytes[offset..], _format);
                ElfRelocation relocation = ReadEntry(ref cursor);
                relocations.Add(hasAddend ? relocation with { Addend = cursor.ReadSignedWord() } : relocation);
            }
        }
    }

    private ElfRelocation ReadEntry(ref ElfCursor cursor)
    {
        ulong offset = cursor.ReadWord();
        ulong info = cursor.ReadWord();

        // ELF64_R_SYM and ELF64_R_TYPE, ELF32_R_SYM and ELF32_R_TYPE.
        (ulong symbol, ulong type) = _format.Is64 ? (info >> 32, info & uint.MaxValue) : (info >> 8, info & byte.MaxValue);
        return new(offset, (uint)type, (uint)symbol, Addend: null);
    }

    /// <summary>
    /// Expands RELR, a table of words. An even word is the address of one word to relocate. An odd word is a bitmap: from bit 1 on, each
    /// bit stands for one of the next 31 or 63 words of memory. The number of relocations is limited, because each relocation must change a
    /// word of the file.
    /// </summary>
    private void ReadRelr(Table table, ImmutableArray<ElfRelocation>.Builder relocations, ICollection<Finding> findings)
    {
        int wordSize = _format.WordSize;
        int limit = relocations.Count + (_fileSize / wordSize);
        ulong next = 0;
        for (ReadOnlySpan<byte> rest = table.Bytes; rest.Length >= wordSize; rest = rest[wordSize..])
        {
            ulong word = _format.Is64 ? BinaryPrimitives.ReadUInt64LittleEndian(rest) : BinaryPrimitives.ReadUInt32LittleEndian(rest);
            bool isBitmap = (word & 1) != 0;
            int described = isBitmap ? BitOperations.PopCount(word >> 1) : 1;
            if (described > limit - relocations.Count)
            {
                findings.Add(Rules.MalformedDynamic.Found(
                    $"DT_RELR describes more relocations than the file has words (0x{_fileSize / wordSize:X}): "
                    + $"the file is damaged, link the guest again."));
                return;
            }

            if (!isBitmap)
            {
                relocations.Add(new(word, ElfRelocation.Relative, 0, null));
                next = unchecked(word + (ulong)wordSize);
                continue;
            }

            // A hostile address may wrap around here. The result is checked like every other relocation.
            for (ulong bits = word >> 1, address = next; bits != 0; bits >>= 1, address = unchecked(address + (ulong)wordSize))
            {
                if ((bits & 1) != 0)
                {
                    relocations.Add(new(address & _format.LastAddress, ElfRelocation.Relative, 0, null));
                }
            }

            next = unchecked(next + (((ulong)wordSize * 8) - 1) * (ulong)wordSize);
        }
    }

    private void ReadPlt(Table rel, Table rela, ImmutableArray<ElfRelocation>.Builder relocations)
    {
        const string Name = "DT_JMPREL";
        ulong? address = _dynamic.Find(ElfDynamicTag.PltRelocations);
        ulong? size = _dynamic.Find(ElfDynamicTag.PltRelocationsSize);
        if ((address ?? 0) == 0 && (size ?? 0) == 0)
        {
            return;
        }

        ulong? kind = _dynamic.Find(ElfDynamicTag.PltRelocationKind);
        if (kind is not ((ulong)ElfDynamicTag.Rel or (ulong)ElfDynamicTag.Rela))
        {
            _findings.Add(Rules.MalformedDynamic.Found(
                $"{Name} is of kind {(kind is null ? "unknown, DT_PLTREL is missing" : $"DT_PLTREL = {kind}")}, "
                + $"allowed are {(int)ElfDynamicTag.Rel} (DT_REL) and {(int)ElfDynamicTag.Rela} (DT_RELA): "
                + $"the file is damaged, link the guest again."));
            return;
        }

        // Some linkers count the relocations of the PLT in DT_RELSZ or DT_RELASZ too, and some count all others in DT_PLTRELSZ. No
        // relocation may be applied twice.
        bool hasAddend = kind == (ulong)ElfDynamicTag.Rela;
        Table plt = Locate(Name, address, size, hasAddend ? _format.RelaSize : _format.RelSize);
        if (hasAddend)
        {
            ReadRela(plt, relocations, except: rela);
        }
        else
        {
            ReadRel(plt, relocations, except: rel);
        }
    }

    /// <summary>The bytes of a table and their linked address.</summary>
    private readonly ref struct Table(ulong address, ReadOnlySpan<byte> bytes)
    {
        public ulong Address { get; } = address;

        public ReadOnlySpan<byte> Bytes { get; } = bytes;

        public bool Contains(ulong address, ulong size) =>
            address >= Address && ElfRange.TrySlice(Bytes, address - Address, size, out _);
    }
}
