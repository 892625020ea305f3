using System.Text;

namespace Hyperlight.Protocol;

/// <summary>
/// Reads and writes values inside messages. A value is a union of the nine parameter types: a table whose slot 0 has the discriminant and
/// whose slot 1 refers to the value's own table (amd64 sheet, section 5.4). The union for results has void and sized bytes instead of
/// bytes.
/// </summary>
internal static class WireValue
{
    private const int TypeSlot = 0;
    private const int ValueSlot = 1;

    // Discriminants of ReturnValue, beyond the eight types that it shares with ParameterValue.
    private const byte ResultVoid = 9;
    private const byte ResultBytes = 10;
    private const int ResultBytesSlot = 1;

    // Numbers of ReturnType: one less than the discriminants of ReturnValue.
    private const byte ReturnTypeVoid = 8;
    private const byte ReturnTypeBytes = 9;

    // Layouts of tables: the size of the vtable, the size of the table, the offsets of the fields. A table starts with the distance to its
    // vtable.
    private static ReadOnlySpan<byte> Union => [8, 12, 8, 4];

    private static ReadOnlySpan<byte> FourBytes => [6, 8, 4];

    private static ReadOnlySpan<byte> EightBytes => [6, 16, 8];

    private static ReadOnlySpan<byte> SizedBytes => [8, 12, 4, 8];

    private static ReadOnlySpan<byte> Empty => [4, 4];

    /// <summary>Gets the number by which a call states the type of the result that it expects.</summary>
    public static byte ReturnType(GuestValueKind kind) => kind switch
    {
        GuestValueKind.Void => ReturnTypeVoid,
        GuestValueKind.Bytes => ReturnTypeBytes,
        _ => (byte)(kind - 1),
    };

    /// <summary>Writes the table of a union: the discriminant, and room for the offset of the value.</summary>
    /// <returns>The position of the table, and the position of the offset.</returns>
    public static (long Table, long Value) WriteUnion(ref FlatWriter writer, byte discriminant)
    {
        ReadOnlySpan<byte> layout = Union;
        long table = writer.Table(layout);
        writer.Byte(table + layout[2 + TypeSlot], discriminant);
        return (table, table + layout[2 + ValueSlot]);
    }

    /// <summary>Writes an argument.</summary>
    /// <returns>The position of the table of the union.</returns>
    public static long WriteParameter(ref FlatWriter writer, in GuestValue value)
    {
        if (value.Kind == GuestValueKind.Void)
        {
            throw new ArgumentException("An argument has no value: a default(GuestValue) cannot be passed.");
        }

        (long table, long content) = WriteUnion(ref writer, (byte)value.Kind);
        writer.Link(content, WriteContent(ref writer, value, sized: false));
        return table;
    }

    /// <summary>Writes the result of a function.</summary>
    /// <returns>The position of the table of the union.</returns>
    public static long WriteResult(ref FlatWriter writer, in GuestValue value)
    {
        byte discriminant = value.Kind switch
        {
            GuestValueKind.Void => ResultVoid,
            GuestValueKind.Bytes => ResultBytes,
            _ => (byte)value.Kind,
        };
        (long table, long content) = WriteUnion(ref writer, discriminant);
        writer.Link(content, WriteContent(ref writer, value, sized: true));
        return table;
    }

    /// <summary>Reads an argument.</summary>
    public static GuestValue ReadParameter(FlatTable parameter)
    {
        ResultTarget none = default;
        byte type = parameter.ReadByte(TypeSlot);
        return type is >= (byte)GuestValueKind.Int and <= (byte)GuestValueKind.Bytes
            ? ReadContent(parameter.ReadTable(ValueSlot, "a parameter"), (GuestValueKind)type, bytesSlot: 0, ref none)
            : throw FlatTable.Malformed($"a parameter is of type {type}, the types are 1 to 9");
    }

    /// <summary>Reads the result of a function.</summary>
    /// <param name="result">The table of the result.</param>
    /// <param name="target">Receives the bytes if the result is bytes. The value is empty then.</param>
    public static GuestValue ReadResult(FlatTable result, ref ResultTarget target)
    {
        byte type = result.ReadByte(TypeSlot);
        GuestValueKind kind = type switch
        {
            >= (byte)GuestValueKind.Int and <= (byte)GuestValueKind.Bool => (GuestValueKind)type,
            ResultVoid => GuestValueKind.Void,
            ResultBytes => GuestValueKind.Bytes,
            _ => throw FlatTable.Malformed($"a result is of type {type}, the types are 1 to 10"),
        };
        return ReadContent(result.ReadTable(ValueSlot, "a result"), kind, ResultBytesSlot, ref target);
    }

    private static GuestValue ReadContent(FlatTable table, GuestValueKind kind, int bytesSlot, ref ResultTarget target) => kind switch
    {
        GuestValueKind.Int => (int)table.ReadUInt32(0),
        GuestValueKind.UInt => table.ReadUInt32(0),
        GuestValueKind.Long => (long)table.ReadUInt64(0),
        GuestValueKind.ULong => table.ReadUInt64(0),
        GuestValueKind.Float => BitConverter.UInt32BitsToSingle(table.ReadUInt32(0)),
        GuestValueKind.Double => BitConverter.UInt64BitsToDouble(table.ReadUInt64(0)),
        GuestValueKind.Bool => table.ReadByte(0) != 0,
        GuestValueKind.String => Encoding.UTF8.GetString(table.ReadString(0, "a text value")),
        GuestValueKind.Bytes => ReadBytes(table.ReadBytes(bytesSlot, "a byte array"), ref target),
        _ => GuestValue.Void,
    };

    private static GuestValue ReadBytes(ReadOnlySpan<byte> bytes, ref ResultTarget target)
    {
        if (!target.IsSet)
        {
            return bytes.ToArray();
        }

        target.Take(bytes);
        return Array.Empty<byte>();
    }

    private static long WriteContent(ref FlatWriter writer, in GuestValue value, bool sized)
    {
        ReadOnlySpan<byte> layout = value.Kind switch
        {
            GuestValueKind.Void => Empty,
            GuestValueKind.Long or GuestValueKind.ULong or GuestValueKind.Double => EightBytes,
            GuestValueKind.Bytes when sized => SizedBytes,
            _ => FourBytes,
        };
        long table = writer.Table(layout, layout == EightBytes ? sizeof(ulong) : sizeof(uint));
        long field = table + (layout.Length > 2 ? layout[2] : 0);
        switch (value.Kind)
        {
            case GuestValueKind.Int:
                writer.UInt32(field, (uint)value.AsInt());
                break;
            case GuestValueKind.UInt:
                writer.UInt32(field, value.AsUInt());
                break;
            case GuestValueKind.Long:
                writer.UInt64(field, (ulong)value.AsLong());
                break;
            case GuestValueKind.ULong:
                writer.UInt64(field, value.AsULong());
                break;
            case GuestValueKind.Float:
                writer.UInt32(field, BitConverter.SingleToUInt32Bits(value.AsFloat()));
                break;
            case GuestValueKind.Double:
                writer.UInt64(field, BitConverter.DoubleToUInt64Bits(value.AsDouble()));
                break;
            case GuestValueKind.Bool:
                writer.Byte(field, value.AsBool() ? (byte)1 : (byte)0);
                break;
            case GuestValueKind.String:
                writer.String(field, value.AsString());
                break;
            case GuestValueKind.Bytes when sized:
                writer.UInt32(field, (uint)value.AsBytes().Length);
                writer.Bytes(table + layout[2 + ResultBytesSlot], value.AsBytes().Span);
                break;
            case GuestValueKind.Bytes:
                writer.Bytes(field, value.AsBytes().Span);
                break;
        }

        return table;
    }
}
