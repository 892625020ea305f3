using Google.FlatBuffers;

namespace Hyperlight.Runtime.Tests.Protocol;

/// <summary>
/// Reads the fields of messages with Google.FlatBuffers (amd64 sheet, section 5.4). The class shares no code with the runtime. It asserts
/// that everything is aligned, as upstream's verifier demands, and otherwise trusts the message.
/// </summary>
internal static class FlatBuffersReader
{
    /// <summary>Reads the fields of a <c>FunctionCall</c>.</summary>
    public static (string? Name, GuestValue[]? Arguments, byte CallType, byte ReturnType) ReadCall(byte[] message)
    {
        Table call = Root(message);
        return (Text(call, 0), Parameters(call, 1), Byte(call, 2), Byte(call, 3));
    }

    /// <summary>Reads the value of a <c>FunctionCallResult</c>.</summary>
    public static GuestValue ReadResult(byte[] message)
    {
        Table box = Union(Root(message), 0, expectedType: 1);
        Table value = Union(box, 0, expectedType: null);
        return Byte(box, 0) switch
        {
            9 => GuestValue.Void,
            10 => SizedBytes(value),
            byte type => Scalar(value, type),
        };
    }

    /// <summary>Reads the error of a <c>FunctionCallResult</c>.</summary>
    public static (ulong Code, string? Text) ReadError(byte[] message)
    {
        Table error = Union(Root(message), 0, expectedType: 2);
        return (Field(error, 0, sizeof(ulong)) is { } code ? error.bb.GetUlong(code) : 0, Text(error, 1));
    }

    /// <summary>Reads the fields of a <c>GuestLogData</c>; the texts are message, source, caller and source file.</summary>
    public static (byte Level, string?[] Texts, uint Line) ReadLog(byte[] message)
    {
        Table log = Root(message);
        uint line = Field(log, 5, sizeof(uint)) is { } position ? log.bb.GetUint(position) : 0;
        return (Byte(log, 2), [Text(log, 0), Text(log, 1), Text(log, 3), Text(log, 4)], line);
    }

    private static Table Root(byte[] message)
    {
        ByteBuffer buffer = new(message, FlatBufferConstants.SizePrefixLength);
        Assert.Equal(message.Length - FlatBufferConstants.SizePrefixLength, buffer.GetInt(0));
        return Table(buffer.GetInt(buffer.Position) + buffer.Position, buffer);
    }

    private static GuestValue[]? Parameters(Table call, int slot)
    {
        if (Field(call, slot, sizeof(int)) is null)
        {
            return null;
        }

        int field = call.__offset(VtableEntry(slot));
        AssertAligned(call.__vector(field), sizeof(int));
        GuestValue[] values = new GuestValue[call.__vector_len(field)];
        for (int i = 0; i < values.Length; i++)
        {
            Table parameter = Table(call.__indirect(call.__vector(field) + (i * sizeof(int))), call.bb);
            Table value = Union(parameter, 0, expectedType: null);
            values[i] = Byte(parameter, 0) is 9 ? Bytes(value, 0) : Scalar(value, Byte(parameter, 0));
        }

        return values;
    }

    // The eight types that are both in ParameterValue and in ReturnValue.
    private static GuestValue Scalar(Table table, byte type)
    {
        int? field = Field(table, 0, type switch { 3 or 4 or 6 => sizeof(ulong), 8 => sizeof(byte), _ => sizeof(uint) });
        return type switch
        {
            1 => field is { } position ? table.bb.GetInt(position) : 0,
            2 => field is { } position ? table.bb.GetUint(position) : 0u,
            3 => field is { } position ? table.bb.GetLong(position) : 0L,
            4 => field is { } position ? table.bb.GetUlong(position) : 0ul,
            5 => field is { } position ? table.bb.GetFloat(position) : 0f,
            6 => field is { } position ? table.bb.GetDouble(position) : 0d,
            7 => Text(table, 0) ?? throw new InvalidOperationException("The text is missing."),
            8 => field is { } position && table.bb.Get(position) != 0,
            _ => throw new InvalidOperationException($"{type} is no type of a value."),
        };
    }

    private static GuestValue SizedBytes(Table table)
    {
        byte[] bytes = Bytes(table, 1);
        Assert.Equal(bytes.Length, Field(table, 0, sizeof(int)) is { } size ? table.bb.GetInt(size) : 0);
        return bytes;
    }

    private static byte[] Bytes(Table table, int slot) =>
        table.__vector_as_array<byte>(VtableEntry(slot)) ?? throw new InvalidOperationException("The bytes are missing.");

    // A union has two slots: its type and its table.
    private static Table Union(Table table, int slot, byte? expectedType)
    {
        Assert.Equal(expectedType ?? Byte(table, slot), Byte(table, slot));
        int field = table.__offset(VtableEntry(slot + 1));
        Assert.NotEqual(0, field);
        return Table(table.__indirect(field + table.bb_pos), table.bb);
    }

    private static string? Text(Table table, int slot) => Field(table, slot, sizeof(int)) is { } position ? table.__string(position) : null;

    private static byte Byte(Table table, int slot) => Field(table, slot, sizeof(byte)) is { } position ? table.bb.Get(position) : (byte)0;

    private static Table Table(int position, ByteBuffer buffer)
    {
        AssertAligned(position, sizeof(int));
        AssertAligned(position - buffer.GetInt(position), sizeof(short)); // its vtable
        return new(position, buffer);
    }

    private static int? Field(Table table, int slot, int size)
    {
        int offset = table.__offset(VtableEntry(slot));
        if (offset == 0)
        {
            return null;
        }

        AssertAligned(offset + table.bb_pos, size);
        return offset + table.bb_pos;
    }

    private static void AssertAligned(int position, int size) =>
        Assert.True(position % size == 0, $"{size} bytes are at offset {position} of the message.");

    private static int VtableEntry(int slot) => 4 + (2 * slot);
}
