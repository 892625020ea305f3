using System.Text;
using Hyperlight.Protocol;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Protocol;

public class FunctionCallMessageTests
{
    private static readonly GuestValue[] AllTypes =
    [
        -1, 4294967295u, long.MinValue, ulong.MaxValue, 1.5f, -0.1, "hé😀", true, new byte[] { 0, 1, 2, 0xFF },
    ];

    public static TheoryData<string, string, GuestValue[]> Calls => new()
    {
        { "call-echo", "Echo", ["hello\n"] },
        { "call-noparams-void", "Ping", [] },
        { "call-alltypes", "AllTypes", AllTypes },
        { "call-empties", "E", ["", Array.Empty<byte>(), false, 0] },
        { "call-host-hostadd", "HostAdd", [1, 41] },
        { "call-host-hostprint", "HostPrint", ["hi"] },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_call_recorded_from_upstream_is_read(string vector, string name, GuestValue[] arguments) =>
        AssertCall(RecordedMessages.Get(vector), name, arguments);

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_written_call_is_read_back(string vector, string name, GuestValue[] arguments)
    {
        Assert.NotEmpty(vector);
        AssertCall(Write(name, arguments), name, arguments);
    }

    [Fact]
    public void A_written_call_overwrites_whatever_the_buffer_held()
    {
        byte[] clean = new byte[512];
        byte[] dirty = new byte[512];
        dirty.AsSpan().Fill(0xEE);
        int length = (int)FunctionCallMessage.Write(clean, "AllTypes", GuestValueKind.Bytes, AllTypes);

        Assert.Equal(length, FunctionCallMessage.Write(dirty, "AllTypes", GuestValueKind.Bytes, AllTypes));
        Assert.Equal(clean[..length], dirty[..length]);
    }

    [Fact]
    public void A_call_that_does_not_fit_says_how_much_room_it_needs_and_writes_nothing_beyond_the_buffer()
    {
        long needed = Write("AllTypes", AllTypes).Length;
        for (int size = 0; size < needed; size++)
        {
            byte[] buffer = new byte[size + 8];
            Assert.Equal(needed, FunctionCallMessage.Write(buffer.AsSpan(0, size), "AllTypes", GuestValueKind.Void, AllTypes));
            Assert.Equal(new byte[8], buffer[size..]);
        }
    }

    [Fact]
    public void Eight_byte_values_lie_at_multiples_of_eight_as_upstreams_verifier_demands()
    {
        byte[] message = Write("F", [1L, 2.0, ulong.MaxValue]);

        int position = message.AsSpan().IndexOf(Enumerable.Repeat((byte)0xFF, 8).ToArray());
        Assert.Equal(0, position % 8);
        Assert.Equal(0, message.Length % 8);
    }

    [Fact]
    public void Void_is_no_argument() => Assert.Throws<ArgumentException>(() => Write("F", [GuestValue.Void]));

    [Fact]
    public void A_call_of_no_kind_is_malformed()
    {
        byte[] message = RecordedMessages.Get("call-host-hostprint");
        int typeOfCall = message.AsSpan().LastIndexOf((byte)2);
        byte[] changed = [.. message];
        foreach (int index in Enumerable.Range(0, message.Length).Where(index => message[index] == 2 && index is > 20 and < 40))
        {
            changed[index] = 0;
        }

        Assert.True(typeOfCall > 0);
        Assert.Throws<GuestProtocolException>(() => FunctionCallMessage.Read(changed).ParameterCount);
    }

    private static byte[] Write(string name, GuestValue[] arguments)
    {
        byte[] buffer = new byte[1024];
        return buffer[..(int)FunctionCallMessage.Write(buffer, name, GuestValueKind.Void, arguments)];
    }

    private static void AssertCall(byte[] message, string name, GuestValue[] arguments)
    {
        FunctionCallMessage call = FunctionCallMessage.Read(message);
        List<GuestValue> read = [];
        for (int i = 0; i < call.ParameterCount; i++)
        {
            read.Add(call.Parameter(i));
        }

        Assert.Equal(name, Encoding.UTF8.GetString(call.Name));
        Assert.Equal(arguments, read);
    }
}
