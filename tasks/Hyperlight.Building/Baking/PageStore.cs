using System.Buffers.Binary;

namespace Hyperlight.Baking;

/// <summary>
/// Sparse memory: pages that were never written exist only as zeros, so that memory is spent for what a file contains and not for the sizes it
/// claims. Offsets count from the first byte of the guest's image.
/// </summary>
internal sealed class PageStore
{
    private const int PageSize = (int)GuestLayout.PageSize;
    private readonly SortedDictionary<ulong, byte[]> _pages = [];

    /// <summary>The pages that hold a byte other than zero, by page number, in ascending order.</summary>
    public IEnumerable<KeyValuePair<ulong, byte[]>> NonZeroPages => _pages.Where(page => page.Value.AsSpan().ContainsAnyExcept((byte)0));

    /// <summary>Copies <paramref name="bytes"/> to <paramref name="offset"/>.</summary>
    public void Write(ulong offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int inPage = (int)(offset % PageSize);
            int count = Math.Min(bytes.Length, PageSize - inPage);
            if (!_pages.TryGetValue(offset / PageSize, out byte[]? page))
            {
                _pages.Add(offset / PageSize, page = new byte[PageSize]);
            }

            bytes[..count].CopyTo(page.AsSpan(inPage));
            bytes = bytes[count..];
            offset += (ulong)count;
        }
    }

    /// <summary>The little-endian word of <paramref name="size"/> bytes (at most 8) at <paramref name="offset"/>.</summary>
    public ulong ReadWord(ulong offset, int size)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        word.Clear();
        for (int i = 0; i < size; i++, offset++)
        {
            word[i] = _pages.TryGetValue(offset / PageSize, out byte[]? page) ? page[offset % PageSize] : (byte)0;
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }

    /// <summary>Writes the lowest <paramref name="size"/> bytes (at most 8) of <paramref name="value"/>, little-endian, at <paramref name="offset"/>.</summary>
    public void WriteWord(ulong offset, ulong value, int size)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, value);
        Write(offset, word[..size]);
    }
}
