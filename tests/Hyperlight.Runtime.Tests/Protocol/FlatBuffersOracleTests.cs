using System.Text;
using Hyperlight.Calls;
using Hyperlight.Functions;
using Hyperlight.Protocol;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Protocol;

/// <summary>Compares our codec with Google.FlatBuffers: each reads the messages that the other writes.</summary>
public class FlatBuffersOracleTests
{
    private const int Seed = 20261128;
    private const int RandomMessages = 400;
    private const byte CallOfGuest = 1;
    private const byte CallOfHost = 2;
    private const int Megabyte = 1 << 20;

    private static readonly GuestValue[] Edges =
    [
        0, -1, int.MinValue, int.MaxValue,
        0u, 1u, uint.MaxValue,
        0L, -1L, long.MinValue, long.MaxValue,
        0ul, 1ul, ulong.MaxValue,
        0f, 1.5f, float.Epsilon, float.MaxValue, float.NegativeInfinity, float.NaN, BitConverter.UInt32BitsToSingle(0x7FA1_2345),
        0d, -0.1, double.Epsilon, double.MinValue, double.PositiveInfinity, double.NaN,
        BitConverter.UInt64BitsToDouble(0x7FF4_0000_0123_4567),
        "", "a", "abc", "abcd", "größer 😀", "a\0b", new string('x', Megabyte),
        false, true,
        Array.Empty<byte>(), new byte[] { 0 }, new byte[] { 1, 2, 3, 4, 0xFF },
        Enumerable.Range(0, Megabyte).Select(i => (byte)i).ToArray(),
    ];

    public static TheoryData<GuestValueKind> Kinds => [.. Enum.GetValues<GuestValueKind>()];

    public static TheoryData<string> Recorded => [.. RecordedMessages.Names];

    // Checks the oracle itself against messages of upstream's encoder.
    [Theory]
    [MemberData(nameof(Recorded))]
    public void Both_read_a_recorded_message_alike(string vector)
    {
        byte[] message = RecordedMessages.Get(vector);
        if (vector.StartsWith("call-", StringComparison.Ordinal))
        {
            (string? name, GuestValue[]? arguments, _, _) = FlatBuffersReader.ReadCall(message);
            (string ourName, GuestValue[] ourArguments) = ReadCall(message);
            Assert.Equal(name, ourName);
            Assert.Equal(arguments ?? [], ourArguments);
        }
        else if (vector.StartsWith("result-error", StringComparison.Ordinal))
        {
            Assert.Equal(FlatBuffersReader.ReadError(message), ReadError(message));
        }
        else if (vector.StartsWith("result-", StringComparison.Ordinal))
        {
            Assert.Equal(FlatBuffersReader.ReadResult(message), FunctionResultMessage.Read(message, out _));
        }
        else
        {
            (byte level, string?[] texts, uint line) = FlatBuffersReader.ReadLog(message);
            GuestLogRecord ours = GuestLogMessage.Read(message, int.MaxValue);
            Assert.Equal((GuestLogLevel.Warning, 3, line), (ours.Level, level, ours.Line));
            Assert.Equal<string?[]>(texts, [ours.Message, ours.Source, ours.Caller, ours.SourceFile]);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_call_of_ours_states_the_type_that_it_expects(GuestValueKind expected)
    {
        byte[] message = WriteCall("Function", expected, []);

        // In the schema void and sized bytes are the last values of ReturnType (amd64 sheet, section 5.4).
        byte type = expected switch { GuestValueKind.Void => 8, GuestValueKind.Bytes => 9, _ => (byte)(expected - 1) };
        Assert.Equal(("Function", null, CallOfGuest, type), FlatBuffersReader.ReadCall(message));
    }

    [Fact]
    public void A_call_of_ours_is_read_with_every_value()
    {
        foreach (GuestValue value in Edges)
        {
            AssertOursIsRead("F", [value]);
        }

        AssertOursIsRead("", Edges);
        AssertOursIsRead(new string('ü', 70_000), [.. Enumerable.Repeat(Edges, 3).SelectMany(values => values)]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_built_call_is_read_with_every_value(bool forceDefaults)
    {
        foreach (GuestValue value in Edges)
        {
            AssertBuiltIsRead(forceDefaults, "F", [value]);
        }

        AssertBuiltIsRead(forceDefaults, "", Edges);
        AssertBuiltIsRead(forceDefaults, new string('ü', 70_000), []);
        AssertBuiltIsRead(forceDefaults, "Ping", null);
    }

    [Fact]
    public void Random_calls_are_read_in_both_directions()
    {
        Random random = new(Seed);
        for (int i = 0; i < RandomMessages; i++)
        {
            string name = RandomText(random);
            GuestValue[] arguments = [.. Enumerable.Range(0, random.Next(33)).Select(_ => RandomValue(random))];

            AssertOursIsRead(name, arguments);
            AssertBuiltIsRead(random.Next(2) == 0, name, arguments);
        }
    }

    [Fact]
    public void A_result_of_ours_is_read_with_every_value() => Assert.All([GuestValue.Void, .. Edges], value =>
    {
        byte[] buffer = new byte[Megabyte + 256];
        Assert.Equal(value, FlatBuffersReader.ReadResult(buffer[..(int)FunctionResultMessage.Write(buffer, value)]));
    });

    [Fact]
    public void A_built_result_is_read_with_every_value() => Assert.All([GuestValue.Void, .. Edges], value =>
    {
        Assert.Equal(value, FunctionResultMessage.Read(new FlatBuffersWriter(forceDefaults: true).Result(value), out _));
        Assert.Equal(value, FunctionResultMessage.Read(new FlatBuffersWriter(forceDefaults: false).Result(value), out _));
    });

    [Theory]
    [InlineData(GuestErrorCode.None, "")]
    [InlineData(GuestErrorCode.FunctionNotFound, "größer 😀")]
    [InlineData(GuestErrorCode.HostFunctionError, "boom")]
    [InlineData((GuestErrorCode)long.MaxValue, "x")]
    [InlineData((GuestErrorCode)(-1), "x")]
    public void An_error_is_read_in_both_directions(GuestErrorCode code, string text)
    {
        byte[] buffer = new byte[256];
        byte[] message = buffer[..(int)FunctionResultMessage.WriteError(buffer, code, text)];

        Assert.Equal(((ulong)code, text), FlatBuffersReader.ReadError(message));
        Assert.Equal(((ulong)code, text), ReadError(new FlatBuffersWriter(forceDefaults: false).Error((ulong)code, text)));
        Assert.Equal(((ulong)code, text), ReadError(new FlatBuffersWriter(forceDefaults: true).Error((ulong)code, text)));
    }

    [Fact]
    public void A_built_error_without_a_message_is_read() =>
        Assert.Equal((17UL, ""), ReadError(new FlatBuffersWriter(forceDefaults: false).Error(17, null)));

    [Theory]
    [InlineData(0, GuestLogLevel.Trace)]
    [InlineData(1, GuestLogLevel.Debug)]
    [InlineData(2, GuestLogLevel.Information)]
    [InlineData(3, GuestLogLevel.Warning)]
    [InlineData(4, GuestLogLevel.Error)]
    [InlineData(5, GuestLogLevel.Error)]
    [InlineData(6, GuestLogLevel.Trace)]
    public void A_built_log_record_is_read(byte level, GuestLogLevel expected)
    {
        string text = new('ü', 5000);
        byte[] message = new FlatBuffersWriter(forceDefaults: false).Log(level, text, "", "caller", "file", uint.MaxValue);
        byte[] shared = new FlatBuffersWriter(forceDefaults: true).Log(level, "x", "x", "x", "x", 0);

        Assert.Equal(expected, GuestLogMessage.ReadLevel(message));
        Assert.Equal(new(expected, text, "", "caller", "file", uint.MaxValue), GuestLogMessage.Read(message, int.MaxValue));
        Assert.Equal(new(expected, "x", "x", "x", "x", 0), GuestLogMessage.Read(shared, int.MaxValue));
    }

    [Theory]
    [InlineData(null, "", "", "")]
    [InlineData("", null, "", "")]
    [InlineData("", "", null, "")]
    [InlineData("", "", "", null)]
    public void A_built_log_record_without_a_text_is_refused(string? message, string? source, string? caller, string? sourceFile)
    {
        byte[] record = new FlatBuffersWriter(forceDefaults: false).Log(1, message, source, caller, sourceFile, 0);

        Assert.Throws<GuestProtocolException>(() => GuestLogMessage.Read(record, int.MaxValue));
    }

    [Fact]
    public void A_built_call_of_a_host_function_is_served_and_its_answer_read()
    {
        HostFunctions added = new HostFunctions()
            .Add("Join", (string text, byte[] bytes) => text + bytes.Length)
            .Add("Fail", new Action(() => throw new GuestVisibleException("größer")));
        HostFunctionTable functions = new("guest", new(added.Freeze()), new("guest", SandboxSettings.Of(new())));

        Assert.Equal("bytes: 3", FlatBuffersReader.ReadResult(Serve(functions, "Join", ["bytes: ", new byte[3]])));
        Assert.Equal((17UL, "größer"), FlatBuffersReader.ReadError(Serve(functions, "Fail", [])));
        Assert.Equal((17UL, "HostFunction Missing was not found"), FlatBuffersReader.ReadError(Serve(functions, "Missing", [1])));
    }

    private static byte[] Serve(HostFunctionTable functions, string name, GuestValue[] arguments)
    {
        byte[] reply = new byte[512];
        byte[] call = new FlatBuffersWriter(forceDefaults: false).Call(name, arguments, CallOfHost, returnType: 6);
        long length = functions.Serve(call, reply, new StopSignal());
        return reply[..(int)length];
    }

    private static void AssertOursIsRead(string name, GuestValue[] arguments)
    {
        byte[] message = WriteCall(name, GuestValueKind.Int, arguments);
        (string? readName, GuestValue[]? readArguments, byte type, _) = FlatBuffersReader.ReadCall(message);

        Assert.Equal((name, CallOfGuest), (readName, type));
        Assert.Equal(arguments, readArguments ?? []);
    }

    private static void AssertBuiltIsRead(bool forceDefaults, string name, GuestValue[]? arguments)
    {
        byte[] message = new FlatBuffersWriter(forceDefaults).Call(name, arguments, CallOfHost, returnType: 3);
        (string readName, GuestValue[] readArguments) = ReadCall(message);

        Assert.Equal(name, readName);
        Assert.Equal(arguments ?? [], readArguments);
    }

    private static byte[] WriteCall(string name, GuestValueKind expected, GuestValue[] arguments)
    {
        byte[] buffer = new byte[8 * Megabyte];
        return buffer[..(int)FunctionCallMessage.Write(buffer, name, expected, arguments)];
    }

    private static (string Name, GuestValue[] Arguments) ReadCall(byte[] message)
    {
        FunctionCallMessage call = FunctionCallMessage.Read(message);
        GuestValue[] arguments = new GuestValue[call.ParameterCount];
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = call.Parameter(i);
        }

        return (Encoding.UTF8.GetString(call.Name), arguments);
    }

    private static (ulong Code, string? Text) ReadError(byte[] message)
    {
        Assert.Equal(GuestValue.Void, FunctionResultMessage.Read(message, out GuestErrorException? error));
        return ((ulong)error!.Code, error.GuestMessage);
    }

    private static GuestValue RandomValue(Random random)
    {
        byte[] bytes = new byte[random.Next(300)];
        random.NextBytes(bytes);
        return random.Next(9) switch
        {
            0 => random.Next(int.MinValue, int.MaxValue),
            1 => (uint)random.NextInt64(uint.MaxValue),
            2 => random.NextInt64(long.MinValue, long.MaxValue),
            3 => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
            4 => random.NextSingle(),
            5 => random.NextDouble(),
            6 => RandomText(random),
            7 => random.Next(2) == 0,
            _ => bytes,
        };
    }

    private static string RandomText(Random random) => string.Concat(random.GetItems(["a", "ß", "語", "😀", "\0"], random.Next(20)));
}
