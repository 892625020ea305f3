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
        Assert.Equal("3D!", message.Add(0xFF_21_02)!.Text);
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

    [Theory]
    [InlineData("vector 14, RIP 0x1234, code not mapped, CR2 0x0", 0x1234UL)]
    [InlineData("vector 0, EIP 0x100020, code 00", 0x100020UL)]
    [InlineData("stack overflow of thread 3: RIP 0xabcDEF, RSP 0x1", 0xABCDEFUL)]
    [InlineData("Exception vector: 14\nFaulting Instruction: 0x2f10\nBytes", 0x2F10UL)]
    [InlineData("RIP 0xFFFFFFFFFFFFFFFF", ulong.MaxValue)]
    [InlineData("RIP 0x1FFFFFFFFFFFFFFFF", 0x1FFF_FFFF_FFFF_FFFFUL)]
    [InlineData("RIP 0x", null)]
    [InlineData("RIP 0x-1", null)]
    [InlineData("RIP 1234", null)]
    [InlineData("", null)]
    public void The_text_of_a_processor_exception_has_the_address_of_the_instruction(string text, ulong? address)
    {
        GuestAbort Of(int? vector) => new(15, vector, "PageFault", text);

        Assert.Equal(address, Of(14).InstructionPointer);
        Assert.Null(Of(null).InstructionPointer);
    }

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
                return failure.ToException();
            }
        }

        throw new InvalidOperationException("The abort did not end.");
    }
}
