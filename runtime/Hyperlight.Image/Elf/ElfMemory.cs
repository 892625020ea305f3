using System.Collections.Immutable;

namespace Hyperlight.Elf;

/// <summary>The file's bytes by the virtual address they are linked for. The dynamic table refers to its parts that way.</summary>
internal readonly ref struct ElfMemory(ReadOnlySpan<byte> file, ImmutableArray<ElfSegment> loadSegments)
{
    private readonly ReadOnlySpan<byte> _file = file;
    private readonly ImmutableArray<ElfSegment> _loadSegments = loadSegments;

    /// <summary>The bytes from <paramref name="address"/> on, if one segment has all <paramref name="size"/> of them in the file.</summary>
    public bool TrySlice(ulong address, ulong size, out ReadOnlySpan<byte> bytes)
    {
        foreach (ElfSegment segment in _loadSegments)
        {
            if (address < segment.VirtualAddress || address - segment.VirtualAddress >= segment.FileSize)
            {
                continue;
            }

            ulong distance = address - segment.VirtualAddress;
            if (size <= segment.FileSize - distance && segment.Offset <= ulong.MaxValue - distance
                && ElfRange.TrySlice(_file, segment.Offset + distance, size, out bytes))
            {
                return true;
            }
        }

        bytes = default;
        return false;
    }
}
