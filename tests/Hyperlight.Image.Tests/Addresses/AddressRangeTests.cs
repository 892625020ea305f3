using Hyperlight.Addresses;

namespace Hyperlight.Image.Tests.Addresses;

public sealed class AddressRangeTests
{
    [Theory]
    [InlineData(0x1000, 0x1000, 0x0FFF, false)]
    [InlineData(0x1000, 0x1000, 0x1000, true)]
    [InlineData(0x1000, 0x1000, 0x1FFF, true)]
    [InlineData(0x1000, 0x1000, 0x2000, false)]
    [InlineData(0x1000, 0, 0x1000, false)]
    [InlineData(0xFFFF_FFFF_FFFF_F000, 0x1000, ulong.MaxValue, true)]
    [InlineData(0xFFFF_FFFF_FFFF_F000, 0x1000, 0, false)]
    [InlineData(0x1000, 0xFFFF_FFFF_FFFF_F000, 0, false)]
    public void A_range_contains_its_start_and_not_its_end(ulong start, ulong size, ulong address, bool expected) =>
        Assert.Equal(expected, Range(start, size).Contains(new(address)));

    [Theory]
    [InlineData(0x1000, 0x1000, 0x2000, 0x1000, false)]
    [InlineData(0x1000, 0x1001, 0x2000, 0x1000, true)]
    [InlineData(0x1000, 0x9000, 0x2000, 0x1000, true)]
    [InlineData(0x1000, 0, 0, 0x9000, false)]
    [InlineData(0x1000, 0, 0x1000, 0, false)]
    [InlineData(0xFFFF_FFFF_FFFF_F000, 0x1000, 0, 0x1000, false)]
    [InlineData(0xFFFF_FFFF_FFFF_F000, 0x1000, 0xFFFF_FFFF_FFFF_FFFF, 1, true)]
    public void Two_ranges_overlap_if_they_share_an_address(ulong start, ulong size, ulong otherStart, ulong otherSize, bool expected)
    {
        Assert.Equal(expected, Range(start, size).Overlaps(Range(otherStart, otherSize)));
        Assert.Equal(expected, Range(otherStart, otherSize).Overlaps(Range(start, size)));
    }

    [Fact]
    public void A_range_ends_at_the_last_address_at_most() =>
        Assert.Throws<OverflowException>(() => Range(0xFFFF_FFFF_FFFF_F000, 0x1001));

    [Fact]
    public void A_range_is_shown_with_its_first_and_its_last_address() => Assert.Equal("0x1000-0x1FFF", Range(0x1000, 0x1000).ToString());

    private static AddressRange<GuestPhysicalAddress> Range(ulong start, ulong size) => new(new(start), size);
}
