using System.Text;
using Hyperlight.Protocol;

namespace Hyperlight.Runtime.Tests.Protocol;

public sealed class DebugConsoleTests : IDisposable
{
    private readonly StringWriter _sink = new();

    [Fact]
    public void Bytes_become_lines()
    {
        Print("größer\nrest"u8);

        Assert.Equal("größer\n", _sink.ToString());
    }

    [Fact]
    public void A_line_without_end_is_passed_on_at_the_end_of_a_call()
    {
        DebugConsole console = Print("rest"u8);

        console.Flush();
        console.Flush();

        Assert.Equal("rest", _sink.ToString());
    }

    [Fact]
    public void A_line_without_end_is_not_held_beyond_4096_bytes()
    {
        Print(Encoding.ASCII.GetBytes(new string('x', 5000)));

        Assert.Equal(4096, _sink.ToString().Length);
    }

    [Fact]
    public void A_value_above_a_byte_is_a_character()
    {
        DebugConsole console = new(_sink.Write);
        console.Add(0x1F600);
        console.Flush();

        Assert.Equal("😀", _sink.ToString());
    }

    [Theory]
    [InlineData(0xD800)]
    [InlineData(0x11_0000)]
    [InlineData(uint.MaxValue)]
    public void A_value_that_is_no_character_is_refused(uint value) =>
        Assert.Throws<GuestProtocolException>(() => new DebugConsole(_sink.Write).Add(value));

    public void Dispose() => _sink.Dispose();

    private DebugConsole Print(ReadOnlySpan<byte> bytes)
    {
        DebugConsole console = new(_sink.Write);
        foreach (byte value in bytes)
        {
            console.Add(value);
        }

        return console;
    }
}
