using System.Buffers.Binary;
using System.Collections.Immutable;
using Hyperlight.Layouts;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// The start of a blob with single pages of a guest's memory: the number of each page, its address by 4096, in 32 bits with the lowest byte first, ascending;
/// zeros up to the next page. The pages follow in that order.
/// </summary>
internal static class PageIndex
{
    /// <summary>Bytes of the index.</summary>
    /// <param name="pageCount">How many pages there are, at most as many as a guest can have.</param>
    public static ulong Size(ulong pageCount) => GuestLayout.RoundUpToPage(pageCount * sizeof(uint));

    /// <summary>Bytes of the whole blob.</summary>
    /// <inheritdoc cref="Size"/>
    public static ulong BlobSize(ulong pageCount) => Size(pageCount) + (pageCount * GuestLayout.PageSize);

    /// <summary>The index of these pages.</summary>
    /// <param name="addresses">Where they are, multiples of the page size, ascending.</param>
    public static byte[] Write(IReadOnlyCollection<ulong> addresses)
    {
        byte[] index = new byte[Size((ulong)addresses.Count)];
        int offset = 0;
        foreach (ulong address in addresses)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(index.AsSpan(offset), checked((uint)(address / GuestLayout.PageSize)));
            offset += sizeof(uint);
        }

        return index;
    }

    /// <summary>Reads what a stranger may have written.</summary>
    /// <param name="index">The index.</param>
    /// <param name="pageCount">How many pages it has.</param>
    /// <param name="map">The guest's memory: pages are of what lies below scratch, or of scratch behind the buffers.</param>
    /// <exception cref="FormatException">The pages are in another order, or elsewhere, or something stands behind their numbers.</exception>
    public static ImmutableArray<ulong> Read(ReadOnlySpan<byte> index, int pageCount, MemoryMap map)
    {
        ulong start = map.Layout.SnapshotBase.Value;
        ulong end = start + map.SnapshotSize;
        ulong scratch = map.Scratch.Gpa.Value + map.PageTablesScratchOffset;
        ulong scratchEnd = map.Scratch.Gpa.Value + map.Scratch.Size;
        ImmutableArray<ulong>.Builder addresses = ImmutableArray.CreateBuilder<ulong>(pageCount);
        for (int i = 0; i < pageCount; i++)
        {
            ulong address = BinaryPrimitives.ReadUInt32LittleEndian(index[(i * sizeof(uint))..]) * GuestLayout.PageSize;
            bool isMemory = (address >= start && address < end) || (address >= scratch && address < scratchEnd);
            if (!isMemory || (i > 0 && address <= addresses[^1]))
            {
                throw new FormatException(
                    $"its page {i} is at 0x{address:X}, pages are at 0x{start:X}-0x{end - 1:X} and 0x{scratch:X}-0x{scratchEnd - 1:X}, each above the one before");
            }

            addresses.Add(address);
        }

        return index[(pageCount * sizeof(uint))..].ContainsAnyExcept((byte)0)
            ? throw new FormatException("its index has more than zeros behind its last page")
            : addresses.MoveToImmutable();
    }
}
