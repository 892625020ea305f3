namespace Hyperlight.Runtime.Tests;

public class GuestValueTests
{
    public static TheoryData<GuestValue, GuestValueKind, string> Values => new()
    {
        { -1, GuestValueKind.Int, "-1" },
        { 1u, GuestValueKind.UInt, "1" },
        { -1L, GuestValueKind.Long, "-1" },
        { 1UL, GuestValueKind.ULong, "1" },
        { 1.5f, GuestValueKind.Float, "1.5" },
        { 0.1, GuestValueKind.Double, "0.1" },
        { "text", GuestValueKind.String, "text" },
        { true, GuestValueKind.Bool, "true" },
        { new byte[] { 10, 255 }, GuestValueKind.Bytes, "0aff" },
        { GuestValue.Void, GuestValueKind.Void, "" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_knows_its_type_and_text(GuestValue value, GuestValueKind kind, string text)
    {
        Assert.Equal(kind, value.Kind);
        Assert.Equal(text, value.ToString());
    }

    [Fact]
    public void Values_are_equal_when_type_and_content_are()
    {
        Assert.Equal<GuestValue>(new byte[] { 2, 3 }, new ReadOnlyMemory<byte>([1, 2, 3, 4], 1, 2));
        Assert.Equal(((GuestValue)"a").GetHashCode(), ((GuestValue)new string('a', 1)).GetHashCode());
        Assert.NotEqual<GuestValue>(1, 1u);
        Assert.NotEqual<GuestValue>("1", 1);
        Assert.NotEqual<GuestValue>(GuestValue.Void, 0);
    }

    [Fact]
    public void Reading_a_value_as_another_type_is_refused()
    {
        GuestValue value = 1;

        Assert.Throws<InvalidOperationException>(() => value.AsUInt());
        Assert.Throws<InvalidOperationException>(() => value.AsString());
        Assert.Throws<InvalidOperationException>(() => value.AsBytes());
    }

    [Fact]
    public void Memory_outside_of_an_array_is_copied()
    {
        using UnmanagedBytes bytes = new([1, 2, 3]);

        Assert.Equal<GuestValue>(new byte[] { 1, 2, 3 }, (ReadOnlyMemory<byte>)bytes.Memory);
    }

    private sealed class UnmanagedBytes(byte[] content) : System.Buffers.MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => content;

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
