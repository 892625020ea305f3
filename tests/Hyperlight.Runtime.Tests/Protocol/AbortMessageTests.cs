using System.Text;
using Hyperlight.Protocol;

namespace Hyperlight.Runtime.Tests.Protocol;

/// <summary>Tests the messages of aborts (amd64 sheet, section 5.8).</summary>
public class AbortMessageTests
{
    [Fact]
    public void An_abort_without_text_has_only_its_code()
    {
        GuestAbortedException exception = Abort([0x0D, 0xFF]);

        Assert.Equal((13, ""), (exception.Code, exception.GuestMessage));
    }

    [Fact]
    public void A_panic_has_its_text()
    {
        GuestAbortedException exception = Abort([8, .. "panicked at ü"u8, 0xFF]);

        Assert.Equal((8, "panicked at ü"), (exception.Code, exception.GuestMessage));
        Assert.IsNotType<GuestCpuException>(exception);
    }

    [Theory]
    [InlineData(0, "DivideByZero")]
    [InlineData(14, "PageFault")]
    [InlineData(20, "VirtualizationException")]
    [InlineData(30, "SecurityException")]
    public void A_processor_exception_has_its_vector_and_name(byte vector, string name)
    {
        GuestCpuException exception = Assert.IsType<GuestCpuException>(Abort([15, vector, .. "at 0x1000"u8, 0xFF]));

        Assert.Equal((15, (int)vector, name), (exception.Code, exception.Vector, exception.Name));
        Assert.Equal($"Exception: {name} | at 0x1000", exception.GuestMessage);
    }

    [Fact]
    public void An_empty_abort_has_code_0() => Assert.Equal(0, Abort([0xFF]).Code);

    [Fact]
    public void A_number_that_is_no_vector_is_text() => Assert.Equal("\u0015x", Abort([15, 21, (byte)'x', 0xFF]).GuestMessage);

    [Fact]
    public void What_follows_the_end_mark_in_a_packet_is_ignored() => Assert.Equal("", Abort([7, 0xFF, (byte)'x']).GuestMessage);

    [Fact]
    public void A_count_above_three_is_three()
    {
        AbortMessage message = new();

        Assert.Null(message.Add(0x44_33_08_FF));
        Assert.Equal("3D!", message.Add(0xFF_21_02)!.GuestMessage);
    }

    [Fact]
    public void A_packet_without_bytes_adds_nothing() => Assert.Null(new AbortMessage().Add(0xFFFF_FF00));

    [Fact]
    public void An_abort_that_does_not_end_is_cut_off_after_1024_bytes()
    {
        GuestAbortedException exception = Abort(Encoding.ASCII.GetBytes(new string('x', 1025)));

        Assert.Equal((0, "Guest abort buffer overflowed"), (exception.Code, exception.GuestMessage));
    }

    [Fact]
    public void An_abort_of_1024_bytes_is_complete() =>
        Assert.Equal(1023, Abort([1, .. Encoding.ASCII.GetBytes(new string('x', 1023)), 0xFF]).GuestMessage.Length);

    private static GuestAbortedException Abort(byte[] bytes)
    {
        AbortMessage message = new();
        foreach (byte[] packet in bytes.Chunk(3))
        {
            uint value = (uint)packet.Length;
            for (int i = 0; i < packet.Length; i++)
            {
                value |= (uint)packet[i] << (8 * (i + 1));
            }

            if (message.Add(value) is { } failure)
            {
                return failure;
            }
        }

        throw new InvalidOperationException("The abort did not end.");
    }
}
