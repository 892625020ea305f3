namespace Hyperlight.Protocol;

/// <summary>A call of a host or guest function: <c>FunctionCall</c> (amd64 sheet, section 5.4).</summary>
internal readonly ref struct FunctionCallMessage
{
    private const int NameSlot = 0;
    private const int ParametersSlot = 1;
    private const int CallTypeSlot = 2;
    private const byte CallOfGuest = 1;
    private const byte CallOfHost = 2;

    private readonly FlatTable _table;

    private FunctionCallMessage(FlatTable table)
    {
        _table = table;
        Name = table.ReadString(NameSlot, "the function name");
        ParameterCount = table.CountTables(ParametersSlot, "the parameters");
    }

    /// <summary>Gets the name of the function in UTF-8.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>Gets the number of arguments.</summary>
    public int ParameterCount { get; }

    private static ReadOnlySpan<byte> Layout => [12, 16, 4, 8, 12, 13];

    private static ReadOnlySpan<byte> LayoutWithoutParameters => [12, 16, 4, 0, 12, 13];

    /// <summary>
    /// Reads a call by the guest. The type of the call must be one of the two types. Like upstream, this method does not check which one
    /// (section 5.6).
    /// </summary>
    /// <exception cref="GuestProtocolException">The message is malformed.</exception>
    public static FunctionCallMessage Read(ReadOnlySpan<byte> message)
    {
        FlatTable table = FlatTable.Root(message);
        byte type = table.ReadByte(CallTypeSlot);
        return type is CallOfGuest or CallOfHost
            ? new(table)
            : throw FlatTable.Malformed($"a function call is of type {type}, the types are 1 and 2");
    }

    /// <summary>Writes a call of a guest function.</summary>
    /// <returns>The length of the message in bytes; greater than <paramref name="buffer"/> if the message did not fit.</returns>
    public static long Write(Span<byte> buffer, string name, GuestValueKind expected, ReadOnlySpan<GuestValue> arguments)
    {
        ReadOnlySpan<byte> layout = arguments.IsEmpty ? LayoutWithoutParameters : Layout;
        FlatWriter writer = new(buffer);
        long table = writer.Table(layout);
        writer.Byte(table + layout[2 + CallTypeSlot], CallOfGuest);
        writer.Byte(table + layout[2 + CallTypeSlot + 1], WireValue.ReturnType(expected));
        writer.String(table + layout[2 + NameSlot], name);
        if (!arguments.IsEmpty)
        {
            long offset = writer.Offsets(table + layout[2 + ParametersSlot], arguments.Length);
            foreach (ref readonly GuestValue argument in arguments)
            {
                writer.Link(offset, WireValue.WriteParameter(ref writer, argument));
                offset += sizeof(uint);
            }
        }

        return writer.Finish();
    }

    /// <summary>Reads an argument.</summary>
    /// <exception cref="GuestProtocolException">The argument is malformed.</exception>
    public GuestValue Parameter(int index) => WireValue.ReadParameter(_table.ReadTable(ParametersSlot, "the parameters", index));
}
