namespace Hyperlight.Image.Tests.Addresses;

public sealed class GuestAddressTests
{
    [Fact]
    public void Addresses_are_compared_as_unsigned_numbers()
    {
        GuestVirtualAddress low = new(1);
        GuestVirtualAddress high = new(0xFFFF_8000_0000_0000);

        Assert.True(low < high && high > low && low <= high && high >= low);
        Assert.Equal([low, high], new[] { high, low }.Order());
    }

    [Fact]
    public void Arithmetic_never_overflows()
    {
        Assert.Equal(new GuestPhysicalAddress(0x3000), new GuestPhysicalAddress(0x1000) + 0x2000);
        Assert.Equal(0x2000UL, new GuestPhysicalAddress(0x3000) - new GuestPhysicalAddress(0x1000));
        Assert.Throws<OverflowException>(() => new GuestPhysicalAddress(ulong.MaxValue) + 1);
        Assert.Throws<OverflowException>(() => new GuestPhysicalAddress(0) - 1);
        Assert.Throws<OverflowException>(() => new GuestPhysicalAddress(0) - new GuestPhysicalAddress(1));
    }

    [Theory]
    [InlineData(0x1000, true, 0x1000)]
    [InlineData(0x1FFF, false, 0x1000)]
    public void An_address_knows_its_page(ulong value, bool isAligned, ulong page)
    {
        Assert.Equal(isAligned, new GuestPhysicalAddress(value).IsPageAligned);
        Assert.Equal(new GuestPhysicalAddress(page), new GuestPhysicalAddress(value).RoundDownToPage());
    }
}
