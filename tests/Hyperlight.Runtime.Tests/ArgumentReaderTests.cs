using Hyperlight.CommandLine;

namespace Hyperlight.Runtime.Tests;

public class ArgumentReaderTests
{
    public static TheoryData<string, GuestValue> Arguments => new()
    {
        { "123", 123 },
        { "-5", -5 },
        { "0x1F", 0x1F },
        { "0xFFFFFFFF", 0xFFFF_FFFFu },
        { "4294967295", 4294967295u },
        { "4294967296", 4294967296L },
        { "-2147483649", -2147483649L },
        { "18446744073709551615", ulong.MaxValue },
        { "123u", 123u },
        { "4294967296u", 4294967296UL },
        { "123L", 123L },
        { "-123L", -123L },
        { "123UL", 123UL },
        { "0x10ul", 16UL },
        { "1.5", 1.5 },
        { "-1e9", -1e9 },
        { "2d", 2.0 },
        { "1.5f", 1.5f },
        { "true", true },
        { "false", false },
        { "bytes:0a0B", new byte[] { 10, 11 } },
        { "bytes:", Array.Empty<byte>() },
        { "string:123", "123" },
        { "\"true\"", "true" },
        { "World", "World" },
        { "", "" },
        { "-", "-" },
        { "u", "u" },
        { "L", "L" },
        { "f", "f" },
        { "+5", "+5" },
        { "-5u", "-5u" },
        { "5uu", "5uu" },
        { "0x", "0x" },
        { "NaN", "NaN" },
        { "1.2.3", "1.2.3" },
        { "True", "True" },
    };

    [Theory]
    [MemberData(nameof(Arguments))]
    public void An_argument_has_the_type_it_looks_like(string text, GuestValue value) => Assert.Equal(value, ArgumentReader.Read(text));

    [Theory]
    [InlineData("bytes:0")]
    [InlineData("bytes:xy")]
    public void Bytes_that_are_no_hexadecimal_digits_are_refused(string text) =>
        Assert.Throws<FormatException>(() => ArgumentReader.Read(text));
}
