using System.Buffers.Binary;

namespace Hyperlight.Baking;

/// <summary>
/// Sparse memory: only pages that were written take memory of the host, so that a file cannot use memory by claiming large sizes.
/// Offsets count from the first byte of the guest's image.
/// </summary>
internal sealed class PageStore
{
    private const int PageSize = (int)GuestLayout.PageSize;
    private readonly SortedDictionary<ulong, byte[]> _pages = [];

    /// <summary>Gets the pages that are not zero, by page number, in ascending order.</summary>
    public IEnumerable<KeyValuePair<ulong, byte[]>> NonZeroPages => _pages.Where(page => page.Value.AsSpan().ContainsAnyExcept((byte)0));

    /// <summary>Copies bytes to an offset.</summary>
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

    /// <summary>Reads the little-endian word of <paramref name="size"/> bytes (at most 8) at <paramref name="offset"/>.</summary>
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

    /// <summary>
    /// Writes the lowest <paramref name="size"/> bytes (at most 8) of <paramref name="value"/>, little-endian, at
    /// <paramref name="offset"/>.
    /// </summary>
    public void WriteWord(ulong offset, ulong value, int size)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, value);
        Write(offset, word[..size]);
    }
}
