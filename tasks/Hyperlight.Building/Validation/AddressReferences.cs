using System.Buffers.Binary;
using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>
/// Whether anything in a guest refers to a range of its addresses: an instruction with a distance from itself, an absolute address, or a word that a
/// relocation makes an address. A guest that works through a table of its own, of constructors or relocations, has to refer to the table somewhere. Every byte is looked at, so that no
/// reference is missed; a number that only looks like one can be taken for one.
/// </summary>
internal sealed class AddressReferences(ElfFile elf)
{
    /// <summary>Guests have a handful of segments. A file of thousands is not searched: as if it referred to everything.</summary>
    private const int MostSegments = 64;

    /// <summary>Guests have a handful of tables. Of those of a damaged file only the first are asked about: as if it referred to the others.</summary>
    private const int MostQuestions = 16;

    private const int DistanceSize = sizeof(int);

    /// <summary>The most bytes that an instruction has behind a distance: an immediate.</summary>
    private const ulong BehindDistance = 4;

    private readonly ElfFile _elf = elf;
    private readonly ulong? _globalOffsetTable = elf.FindDynamic(ElfDynamicTag.GlobalOffsetTable);
    private int _questions;

    /// <summary>Whether something may refer to an address from <paramref name="first"/> on, <paramref name="size"/> bytes of them.</summary>
    public bool Reach(ulong first, ulong size)
    {
        if (size == 0)
        {
            return false;
        }

        if (_elf.LoadSegments.Length > MostSegments || ++_questions > MostQuestions)
        {
            return true;
        }

        ulong last = size - 1 > ulong.MaxValue - first ? ulong.MaxValue : first + (size - 1);
        if (IsAddedTo(first, last))
        {
            return true;
        }

        // Segments have no bytes of the file in common. Of those of a damaged file that do, only as many are looked at as the file has.
        int budget = _elf.Bytes.Length;
        foreach (ElfSegment segment in _elf.LoadSegments)
        {
            ReadOnlySpan<byte> content = _elf.ContentOf(segment).Span;
            budget -= content.Length;
            if (budget < 0)
            {
                return true;
            }

            if (Reaches(content, segment, first, last))
            {
                return true;
            }
        }

        return false;
    }

    private bool Reaches(ReadOnlySpan<byte> content, ElfSegment segment, ulong first, ulong last)
    {
        bool isFixed = _elf.Type != ElfType.PositionIndependent;
        bool isCode = (segment.Flags & ElfSegmentFlags.Execute) != 0;

        // Position-independent 32-bit code counts from its global offset table. Without its address, every word could be a reference.
        ulong? table = !isFixed && !_elf.Format.Is64 ? _globalOffsetTable : null;
        if (!isFixed && !_elf.Format.Is64 && table is null)
        {
            return true;
        }

        ulong mask = _elf.Format.LastAddress;
        (ulong headers, ulong headersSize) = _elf.ProgramHeaders;
        for (int index = 0; index <= content.Length - DistanceSize; index++)
        {
            // A program header that describes a table does not use the table, and neither do bytes of the table itself.
            ulong address = unchecked(segment.VirtualAddress + (ulong)index);
            if (unchecked(segment.Offset + (ulong)index - headers) < headersSize || unchecked(address + (DistanceSize - 1) - first) <= last - first + (DistanceSize - 1))
            {
                continue;
            }

            int value = BinaryPrimitives.ReadInt32LittleEndian(content[index..]);
            ulong target = unchecked(address + DistanceSize + (ulong)value) & mask;
            bool relative = isCode && target >= first - Math.Min(first, BehindDistance) && target <= last;
            bool absolute = isFixed && value != 0 && (uint)value >= first && (uint)value <= last;
            ulong fromTable = unchecked((table ?? 0) + (ulong)value) & mask;
            if (relative || absolute || (table is not null && fromTable >= first && fromTable <= last))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsAddedTo(ulong first, ulong last)
    {
        foreach (ElfRelocation relocation in _elf.Relocations)
        {
            if (relocation.Type == ElfRelocation.Relative)
            {
                ulong? address = relocation.Addend is { } addend ? unchecked((ulong)addend) : _elf.WordAt(relocation.Offset);
                if (address >= first && address <= last)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
