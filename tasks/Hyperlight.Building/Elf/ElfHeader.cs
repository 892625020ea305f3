namespace Hyperlight.Elf;

/// <summary>The ELF header. Counts that are too large for the header are taken from section header 0.</summary>
internal readonly record struct ElfHeader(
    ElfFormat Format,
    ElfType Type,
    ElfMachine Machine,
    ulong Entry,
    ulong ProgramHeaderOffset,
    ulong ProgramHeaderCount,
    ulong SectionHeaderOffset,
    ulong SectionHeaderCount,
    uint SectionNameIndex)
{
    private const int ClassOffset = 4;              // EI_CLASS
    private const int DataOffset = 5;               // EI_DATA
    private const int VersionOffset = 6;            // EI_VERSION
    private const int IdentSize = 16;               // EI_NIDENT
    private const byte LittleEndian = 1;            // ELFDATA2LSB
    private const uint CurrentVersion = 1;          // EV_CURRENT
    private const ushort ManyProgramHeaders = 0xFFFF; // PN_XNUM: the count is section header 0's sh_info
    private const ushort ManySections = 0xFFFF;     // SHN_XINDEX: the index is section header 0's sh_link

    private static ReadOnlySpan<byte> Magic => [0x7F, (byte)'E', (byte)'L', (byte)'F'];

    /// <summary>Reads the header. Returns <c>null</c>, with findings, if the rest of the file cannot be read.</summary>
    public static ElfHeader? TryRead(ReadOnlySpan<byte> file, ICollection<Finding> findings)
    {
        if (!file.StartsWith(Magic))
        {
            findings.Add(Rules.NotElf.FoundText(file.IsEmpty
                ? "the file is empty, a guest is an ELF file: check what the guest's build wrote."
                : $"the file starts with {Convert.ToHexString(file[..Math.Min(file.Length, Magic.Length)])}, an ELF file with 7F454C46: "
                    + "give the linked guest itself, not an archive, a script or a Windows program."));
            return null;
        }

        if (file.Length < IdentSize)
        {
            findings.Add(Truncated(file.Length, IdentSize));
            return null;
        }

        if (!IsSupportedEncoding(file, findings))
        {
            return null;
        }

        ElfFormat format = new((ElfClass)file[ClassOffset]);
        if (file.Length < format.HeaderSize)
        {
            findings.Add(Truncated(file.Length, format.HeaderSize));
            return null;
        }

        ElfCursor cursor = new(file[IdentSize..], format);
        ElfType type = (ElfType)cursor.ReadUInt16();
        ElfMachine machine = (ElfMachine)cursor.ReadUInt16();
        uint version = cursor.ReadUInt32();
        ulong entry = cursor.ReadWord();
        ulong programHeaderOffset = cursor.ReadWord();
        ulong sectionHeaderOffset = cursor.ReadWord();
        cursor.Skip(sizeof(uint)); // e_flags
        ushort headerSize = cursor.ReadUInt16();
        ushort programHeaderSize = cursor.ReadUInt16();
        ulong programHeaderCount = cursor.ReadUInt16();
        ushort sectionHeaderSize = cursor.ReadUInt16();
        ulong sectionHeaderCount = cursor.ReadUInt16();
        uint sectionNameIndex = cursor.ReadUInt16();

        if (version != CurrentVersion)
        {
            findings.Add(
                Rules.ElfEncoding.Found(
                    $"e_version is {version}, only {CurrentVersion} is defined: the file is damaged, link the guest again."));
            return null;
        }

        if (headerSize != format.HeaderSize)
        {
            findings.Add(Rules.MalformedHeader.Found(
                $"e_ehsize is {headerSize}, the header of this ELF class has {format.HeaderSize} bytes: "
                + $"the file is damaged or was changed after linking, link the guest again."));
        }

        // The entry size may be 0 in a file without sections or without segments.
        bool hasSections = sectionHeaderOffset != 0;
        if (hasSections && sectionHeaderSize != format.SectionHeaderSize)
        {
            findings.Add(WrongEntrySize("e_shentsize", sectionHeaderSize, format.SectionHeaderSize));
            hasSections = false;
        }

        if (hasSections && ElfRange.TrySlice(file, sectionHeaderOffset, sectionHeaderSize, out ReadOnlySpan<byte> first))
        {
            ElfSection extension = ElfSectionTable.ReadEntry(first, format, 0, out _);
            sectionHeaderCount = sectionHeaderCount == 0 ? extension.Size : sectionHeaderCount;
            sectionNameIndex = sectionNameIndex == ManySections ? extension.Link : sectionNameIndex;
            programHeaderCount = programHeaderCount == ManyProgramHeaders ? extension.Info : programHeaderCount;
        }
        else if (programHeaderCount == ManyProgramHeaders)
        {
            findings.Add(Rules.MalformedHeader.Found(
                $"e_phnum is 0x{ManyProgramHeaders:X}, which leaves the count to section header 0, and the file has none: "
                + $"the file is damaged or was changed after linking, link the guest again."));
            return null;
        }

        if (programHeaderCount != 0 && programHeaderSize != format.ProgramHeaderSize)
        {
            findings.Add(WrongEntrySize("e_phentsize", programHeaderSize, format.ProgramHeaderSize));
            return null;
        }

        if (programHeaderCount != 0 && programHeaderOffset < (ulong)format.HeaderSize)
        {
            findings.Add(Rules.MalformedHeader.Found(
                $"e_phoff puts {programHeaderCount} program headers at file offset 0x{programHeaderOffset:X}, into the ELF header, "
                + $"which has 0x{format.HeaderSize:X} bytes: "
                + $"the file is damaged or was changed after linking, link the guest again."));
            return null;
        }

        return new(
            format, type, machine, entry, programHeaderOffset, programHeaderCount,
            hasSections ? sectionHeaderOffset : 0, hasSections ? sectionHeaderCount : 0, sectionNameIndex);
    }

    private static bool IsSupportedEncoding(ReadOnlySpan<byte> file, ICollection<Finding> findings)
    {
        int before = findings.Count;
        if (file[ClassOffset] is not ((byte)ElfClass.Elf32 or (byte)ElfClass.Elf64))
        {
            findings.Add(Rules.ElfEncoding.Found(
                $"EI_CLASS is {file[ClassOffset]}, allowed are 1 (32-bit) and 2 (64-bit): the file is damaged, link the guest again."));
        }

        if (file[DataOffset] != LittleEndian)
        {
            findings.Add(Rules.ElfEncoding.Found(
                $"EI_DATA is {file[DataOffset]}, only {LittleEndian} (little-endian) is supported: build the guest for x86."));
        }

        if (file[VersionOffset] != CurrentVersion)
        {
            findings.Add(Rules.ElfEncoding.Found(
                $"EI_VERSION is {file[VersionOffset]}, only {CurrentVersion} is defined: the file is damaged, link the guest again."));
        }

        return findings.Count == before;
    }

    private static Finding Truncated(int length, int headerSize) => Rules.ElfTruncated.Found(
        $"the file has {length} bytes, the ELF header alone takes {headerSize}: the file was cut off, copy or link it again.");

    private static Finding WrongEntrySize(string field, ushort found, int allowed) => Rules.MalformedHeader.Found(
        $"{field} is {found}, entries of this ELF class have {allowed} bytes: the file is damaged, link the guest again.");
}
