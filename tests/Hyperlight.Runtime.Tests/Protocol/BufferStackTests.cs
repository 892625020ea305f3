using System.Buffers.Binary;
using Hyperlight.Protocol;

namespace Hyperlight.Runtime.Tests.Protocol;

/// <summary>Tests the stacks in the input and output buffers (amd64 sheet, section 5.3; i686 sheet, section 2.3).</summary>
public class BufferStackTests
{
    private static readonly byte[] Message = [4, 0, 0, 0, 1, 2, 3, 4];

    private byte[] _copy = [];

    [Fact]
    public void What_is_pushed_lies_where_the_guest_looks_for_it()
    {
        byte[] buffer = new byte[64];
        Push(buffer, Message);

        // amd64 sheet, section 5.3: the first 8 bytes hold N + 16; the data is at offset 8, and the offset of the data follows it.
        Assert.Equal((ulong)Message.Length + 16, BinaryPrimitives.ReadUInt64LittleEndian(buffer));
        Assert.Equal(Message, buffer[8..16]);
        Assert.Equal(8ul, BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(16)));
    }

    [Fact]
    public void What_is_pushed_last_is_popped_first()
    {
        byte[] buffer = new byte[128];
        byte[] second = [4, 0, 0, 0, 5, 6, 7, 8];
        Push(buffer, Message);
        second.CopyTo(new BufferStack("test", buffer).Free());
        new BufferStack("test", buffer).Push(second.Length);

        Assert.Equal(second, Pop(buffer));
        Assert.Equal(Message, Pop(buffer));
    }

    [Fact]
    public void Popping_clears_what_was_popped()
    {
        byte[] buffer = new byte[64];
        Push(buffer, Message);
        Pop(buffer);

        Assert.Equal(8ul, BinaryPrimitives.ReadUInt64LittleEndian(buffer));
        Assert.All(buffer[8..], value => Assert.Equal(0, value));
    }

    [Fact]
    public void The_popped_message_is_out_of_the_guests_reach()
    {
        byte[] buffer = new byte[64];
        Push(buffer, Message);
        ReadOnlySpan<byte> popped = new BufferStack("test", buffer).Pop(ref _copy);

        buffer.AsSpan().Fill(0xFF);

        Assert.Equal(Message, popped.ToArray());
    }

    [Fact]
    public void A_full_buffer_has_no_room()
    {
        byte[] buffer = new byte[32];
        BufferStack stack = new("test", buffer);
        stack.Reset();
        Assert.Equal(16, stack.Free().Length);

        stack.Push(16);

        Assert.True(new BufferStack("test", buffer).Free().IsEmpty);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(15)]
    [InlineData(65)]
    [InlineData(ulong.MaxValue)]
    [InlineData(0x1_0000_0010)]
    public void A_nonsensical_end_of_the_stack_is_refused(ulong end)
    {
        byte[] buffer = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(buffer, end);

        Assert.Throws<GuestProtocolException>(() => Pop(buffer));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(16)]
    [InlineData(ulong.MaxValue)]
    [InlineData(0x1_0000_0008)]
    public void A_nonsensical_start_of_a_message_is_refused(ulong start)
    {
        byte[] buffer = new byte[64];
        Push(buffer, Message);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer.AsSpan(16), start);

        Assert.Throws<GuestProtocolException>(() => Pop(buffer));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(uint.MaxValue)]
    [InlineData(0x7FFF_FFFF)]
    [InlineData(uint.MaxValue - 3)]
    public void A_message_that_claims_more_than_its_place_is_refused(uint size)
    {
        byte[] buffer = new byte[64];
        Push(buffer, Message);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(8), size);

        Assert.Throws<GuestProtocolException>(() => Pop(buffer));
    }

    [Fact]
    public void A_message_that_claims_less_is_cut()
    {
        byte[] buffer = new byte[64];
        Push(buffer, Message);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(8), 1);

        Assert.Equal([1, 0, 0, 0, 1], Pop(buffer));
    }

    [Fact]
    public void Random_buffers_are_refused_or_popped()
    {
        Random random = new(20261122);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] buffer = new byte[64];
            random.NextBytes(buffer);
            BinaryPrimitives.WriteUInt64LittleEndian(buffer, (ulong)random.Next(80));
            for (int word = 8; word < 64; word += 8)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(buffer.AsSpan(word), (ulong)random.Next(70));
            }

            try
            {
                Assert.InRange(Pop(buffer).Length, 4, 48);
            }
            catch (GuestProtocolException)
            {
                // This failure is documented.
            }
        }
    }

    private static void Push(byte[] buffer, byte[] message)
    {
        BufferStack stack = new("test", buffer);
        stack.Reset();
        message.CopyTo(stack.Free());
        stack.Push(message.Length);
    }

    private byte[] Pop(byte[] buffer) => new BufferStack("test", buffer).Pop(ref _copy).ToArray();
}
