using System.Buffers.Binary;
using System.Collections.Immutable;
using Hyperlight.Addresses;
using Hyperlight.Layouts;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// The start of a blob with single pages of a guest's memory. The index has the number of each page in 32 bits, lowest byte first, in
/// ascending order, and zeros up to the end of its last page. The number of a page is the address of the page divided by the page size. The
/// pages follow in the order of their numbers.
/// </summary>
internal static class PageIndex
{
    /// <summary>Gets the size of the index in bytes.</summary>
    /// <param name="pageCount">The number of pages, at most as many as a guest can have.</param>
    public static ulong Size(ulong pageCount) => GuestLayout.RoundUpToPage(pageCount * sizeof(uint));

    /// <summary>Gets the size of the whole blob in bytes.</summary>
    /// <inheritdoc cref="Size"/>
    public static ulong BlobSize(ulong pageCount) => Size(pageCount) + (pageCount * GuestLayout.PageSize);

    /// <summary>Creates the index of pages.</summary>
    /// <param name="addresses">The addresses of the pages: multiples of the page size, in ascending order.</param>
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

    /// <summary>Reads an untrusted index.</summary>
    /// <param name="index">The index.</param>
    /// <param name="pageCount">The number of pages.</param>
    /// <param name="map">The guest's memory. Pages may be in the memory below scratch, or in scratch behind the buffers.</param>
    /// <exception cref="FormatException">
    /// The pages are in another order or at other addresses, or the bytes behind their numbers are not zero.
    /// </exception>
    public static ImmutableArray<ulong> Read(ReadOnlySpan<byte> index, int pageCount, MemoryMap map)
    {
        AddressRange<GuestPhysicalAddress> memory = map.StoredAddresses;
        AddressRange<GuestPhysicalAddress> scratch = new(
            map.Scratch.Gpa + map.PageTablesScratchOffset, map.Scratch.Size - map.PageTablesScratchOffset);
        ImmutableArray<ulong>.Builder addresses = ImmutableArray.CreateBuilder<ulong>(pageCount);
        for (int i = 0; i < pageCount; i++)
        {
            ulong address = BinaryPrimitives.ReadUInt32LittleEndian(index[(i * sizeof(uint))..]) * GuestLayout.PageSize;
            bool isMemory = memory.Contains(new(address)) || scratch.Contains(new(address));
            if (!isMemory || (i > 0 && address <= addresses[^1]))
            {
                throw new FormatException(
                    $"its page {i} is at 0x{address:X}, pages are at {memory} and {scratch}, each above the one before");
            }

            addresses.Add(address);
        }

        return index[(pageCount * sizeof(uint))..].ContainsAnyExcept((byte)0)
            ? throw new FormatException("its index has bytes other than zero behind the number of its last page")
            : addresses.MoveToImmutable();
    }
}
