
namespace Hyperlight.Image.Tests.Addresses;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("65536", 65536)]
    [InlineData("0x4000", 0x4000)]
    [InlineData("0X4000", 0x4000)]
    [InlineData("64K", 64 << 10)]
    [InlineData("16m", 16 << 20)]
    [InlineData(" 1G ", 1 << 30)]
    [InlineData("0", 0)]
    [InlineData("17179869183G", (17179869183UL << 30))]
    public void A_size_people_write_is_understood(string text, ulong bytes)
    {
        Assert.True(ByteSize.TryParse(text, out ulong parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("K")]
    [InlineData("1KB")]
    [InlineData("1.5M")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1 M")]
    [InlineData("0x")]
    [InlineData("0x1G")]
    [InlineData("1_000")]
    [InlineData("17179869184G")]
    [InlineData("18446744073709551616")]
    [InlineData("0x10000000000000000")]
    public void Anything_else_is_refused(string? text)
    {
        Assert.False(ByteSize.TryParse(text, out ulong parsed));
        Assert.Equal(0UL, parsed);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1 KiB")]
    [InlineData(12_700, "12.4 KiB")]
    [InlineData(3UL << 30, "3 GiB")]
    public void A_size_is_written_for_a_person(ulong bytes, string text) => Assert.Equal(text, ByteSize.ToText(bytes));
}
