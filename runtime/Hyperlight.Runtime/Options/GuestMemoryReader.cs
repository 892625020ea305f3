using Hyperlight.Memory;

namespace Hyperlight;

/// <summary>Reads the memory of a guest that is not running.</summary>
public readonly ref struct GuestMemoryReader
{
    private readonly PhysicalMemory _memory;

    internal GuestMemoryReader(PhysicalMemory memory) => _memory = memory;

    /// <summary>Copies bytes of the guest's memory, if the guest has memory at all of their addresses.</summary>
    /// <param name="address">The guest-physical address of the first byte.</param>
    /// <param name="bytes">Receives the bytes. The length of the span is the number of bytes to read.</param>
    /// <returns><c>true</c> if all bytes were copied; <c>false</c> if the guest has no memory at one of the addresses.</returns>
    public bool TryRead(GuestPhysicalAddress address, Span<byte> bytes)
    {
        ulong gpa = address.Value;
        while (!bytes.IsEmpty)
        {
            int inPage = (int)(gpa % GuestLayout.PageSize);
            ReadOnlySpan<byte> page = _memory is null ? [] : _memory.Page(new(gpa - (ulong)inPage));
            if (page.IsEmpty)
            {
                return false;
            }

            int count = Math.Min(bytes.Length, page.Length - inPage);
            page.Slice(inPage, count).CopyTo(bytes);
            bytes = bytes[count..];
            gpa = unchecked(gpa + (ulong)count);
        }

        return true;
    }
}
