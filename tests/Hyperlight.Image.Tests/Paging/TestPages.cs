using Hyperlight.Addresses;
using Hyperlight.Paging;

namespace Hyperlight.Image.Tests.Paging;

/// <summary>The memory of a guest in arrays.</summary>
/// <param name="ranges">The address of the first byte of each range, and the bytes.</param>
internal sealed class TestPages(params (ulong Start, byte[] Bytes)[] ranges) : IGuestPages
{
    /// <inheritdoc/>
    public ulong PageCount => ranges.Aggregate(0UL, (sum, range) => sum + ((ulong)range.Bytes.Length / GuestPage.Size));

    /// <inheritdoc/>
    public bool Contains(GuestPhysicalAddress gpa) => Overlaps(new(gpa, 1));

    /// <inheritdoc/>
    public bool Overlaps(AddressRange<GuestPhysicalAddress> range) =>
        ranges.Any(own => range.Overlaps(new(new(own.Start), (ulong)own.Bytes.Length)));

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Page(GuestPhysicalAddress gpa)
    {
        (ulong start, byte[]? bytes) = ranges.FirstOrDefault(own => unchecked(gpa.Value - own.Start) < (ulong)own.Bytes.Length);
        return bytes is null ? [] : bytes.AsSpan((int)(gpa.Value - start), (int)GuestPage.Size);
    }
}
