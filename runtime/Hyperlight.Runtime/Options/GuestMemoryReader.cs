using Hyperlight.Memory;

namespace Hyperlight;

/// <summary>A look into the memory of a guest that is not running.</summary>
public readonly ref struct GuestMemoryReader
{
    private readonly PhysicalMemory _memory;

    internal GuestMemoryReader(PhysicalMemory memory) => _memory = memory;

    /// <summary>Copies bytes of the guest's memory.</summary>
    /// <param name="address">Where they start, physical.</param>
    /// <param name="bytes">Receives them.</param>
    /// <returns>Whether the guest has memory at all these addresses.</returns>
    public bool TryRead(GuestPhysicalAddress address, Span<byte> bytes)
    {
        ulong gpa = address.Value;
        while (!bytes.IsEmpty)
        {
            int inPage = (int)(gpa % GuestLayout.PageSize);
            ReadOnlySpan<byte> page = _memory is null ? [] : _memory.Page(gpa - (ulong)inPage);
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
