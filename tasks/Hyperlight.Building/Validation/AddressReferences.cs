using System.Buffers.Binary;
using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>
/// Finds out whether a guest refers to a range of its addresses: with an instruction that has a distance, an absolute address, or a word
/// that a relocation turns into an address. A guest that uses a table of constructors or relocations itself must refer to the table. The
/// search looks at every byte, so that no reference is missed. A number that only looks like a reference counts as one.
/// </summary>
internal sealed class AddressReferences(ElfFile elf)
{
    /// <summary>
    /// The greatest number of segments that are searched. Guests have few segments. A file with more segments counts as if it referred to
    /// all addresses.
    /// </summary>
    private const int MostSegments = 64;

    /// <summary>
    /// The greatest number of tables that are searched for. Guests have few tables. A damaged file with more tables counts as if it
    /// referred to the other tables.
    /// </summary>
    private const int MostQuestions = 16;

    private const int DistanceSize = sizeof(int);

    /// <summary>The greatest size of an immediate operand in bytes. An immediate operand follows the distance in an instruction.</summary>
    private const ulong BehindDistance = 4;

    private readonly ElfFile _elf = elf;
    private readonly ulong? _globalOffsetTable = elf.FindDynamic(ElfDynamicTag.GlobalOffsetTable);
    private int _questions;

    /// <summary>
    /// Checks whether the guest may refer to one of the <paramref name="size"/> addresses from <paramref name="first"/> on.
    /// </summary>
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

        // Segments do not share bytes of the file. In a damaged file they can, so the search ends after as many bytes as the file has.
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

        // Position-independent 32-bit code uses distances from its global offset table. If the address of the table is unknown, every
        // word could be a reference.
        ulong? table = !isFixed && !_elf.Format.Is64 ? _globalOffsetTable : null;
        if (!isFixed && !_elf.Format.Is64 && table is null)
        {
            return true;
        }

        ulong mask = _elf.Format.LastAddress;
        (ulong headers, ulong headersSize) = _elf.ProgramHeaders;
        for (int index = 0; index <= content.Length - DistanceSize; index++)
        {
            // A program header that describes a table is not a reference to the table, and neither are the bytes of the table itself.
            ulong address = unchecked(segment.VirtualAddress + (ulong)index);
            if (unchecked(segment.Offset + (ulong)index - headers) < headersSize
                || unchecked(address + (DistanceSize - 1) - first) <= last - first + (DistanceSize - 1))
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
