using Google.FlatBuffers;

namespace Hyperlight.Runtime.Tests.Protocol;

/// <summary>
/// Builds messages with the builder of Google.FlatBuffers, as a guest does (amd64 sheet, section 5.4). The builder writes back to front,
/// shares equal vtables and leaves out fields with the default value. Our writer does none of these three.
/// </summary>
/// <param name="forceDefaults">Whether fields with the default value are written too.</param>
internal sealed class FlatBuffersWriter(bool forceDefaults)
{
    private readonly FlatBufferBuilder _builder = new(16) { ForceDefaults = forceDefaults };

    /// <summary>Builds a <c>FunctionCall</c>, without parameters if <paramref name="arguments"/> is <c>null</c>.</summary>
    public byte[] Call(string name, GuestValue[]? arguments, byte callType, byte returnType)
    {
        int? parameters = arguments is null ? null : Parameters(arguments);
        int text = _builder.CreateString(name).Value;
        _builder.StartTable(4);
        _builder.AddOffset(0, text, 0);
        _builder.AddOffset(1, parameters ?? 0, 0);
        _builder.AddByte(2, callType, 0);
        _builder.AddByte(3, returnType, 0);
        return Finish(_builder.EndTable());
    }

    /// <summary>Builds a <c>FunctionCallResult</c> with a value.</summary>
    public byte[] Result(GuestValue value)
    {
        (byte type, int content) = value.Kind switch
        {
            GuestValueKind.Void => ((byte)9, Table(0)),
            GuestValueKind.Bytes => ((byte)10, SizedBytes(value.AsBytes().ToArray())),
            _ => ((byte)value.Kind, Scalar(value)),
        };
        return Finish(Union(1, Union(type, content)));
    }

    /// <summary>Builds a <c>FunctionCallResult</c> with an error, without a message if <paramref name="text"/> is <c>null</c>.</summary>
    public byte[] Error(ulong code, string? text)
    {
        int message = text is null ? 0 : _builder.CreateString(text).Value;
        return Finish(Union(2, Table(2, () =>
        {
            _builder.AddUlong(0, code, 0);
            _builder.AddOffset(1, message, 0);
        })));
    }

    /// <summary>Builds a <c>GuestLogData</c> without the texts that are <c>null</c>.</summary>
    public byte[] Log(byte level, string? message, string? source, string? caller, string? sourceFile, uint line)
    {
        string?[] strings = [message, source, caller, sourceFile];
        int[] texts = [.. strings.Select(text => text is null ? 0 : _builder.CreateSharedString(text).Value)];
        return Finish(Table(6, () =>
        {
            _builder.AddOffset(0, texts[0], 0);
            _builder.AddOffset(1, texts[1], 0);
            _builder.AddByte(2, level, 0);
            _builder.AddOffset(3, texts[2], 0);
            _builder.AddOffset(4, texts[3], 0);
            _builder.AddUint(5, line, 0);
        }));
    }

    private int Parameters(GuestValue[] arguments)
    {
        int[] tables = [.. arguments.Select(value => value.Kind == GuestValueKind.Bytes
            ? Union(9, ByteVectorTable(value.AsBytes().ToArray()))
            : Union((byte)value.Kind, Scalar(value)))];
        _builder.StartVector(sizeof(int), tables.Length, sizeof(int));
        foreach (int table in tables.Reverse())
        {
            _builder.AddOffset(table);
        }

        return _builder.EndVector().Value;
    }

    private int Scalar(GuestValue value)
    {
        int text = value.Kind == GuestValueKind.String ? _builder.CreateString(value.AsString()).Value : 0;
        return Table(1, () =>
        {
            switch (value.Kind)
            {
                case GuestValueKind.Int:
                    _builder.AddInt(0, value.AsInt(), 0);
                    break;
                case GuestValueKind.UInt:
                    _builder.AddUint(0, value.AsUInt(), 0);
                    break;
                case GuestValueKind.Long:
                    _builder.AddLong(0, value.AsLong(), 0);
                    break;
                case GuestValueKind.ULong:
                    _builder.AddUlong(0, value.AsULong(), 0);
                    break;
                case GuestValueKind.Float:
                    _builder.AddFloat(0, value.AsFloat(), 0);
                    break;
                case GuestValueKind.Double:
                    _builder.AddDouble(0, value.AsDouble(), 0);
                    break;
                case GuestValueKind.Bool:
                    _builder.AddBool(0, value.AsBool(), false);
                    break;
                default:
                    _builder.AddOffset(0, text, 0);
                    break;
            }
        });
    }

    private int ByteVectorTable(byte[] bytes)
    {
        int vector = Vector(bytes);
        return Table(1, () => _builder.AddOffset(0, vector, 0));
    }

    private int SizedBytes(byte[] bytes)
    {
        int vector = Vector(bytes);
        return Table(2, () =>
        {
            _builder.AddOffset(1, vector, 0);
            _builder.AddInt(0, bytes.Length, 0);
        });
    }

    private int Vector(byte[] bytes)
    {
        _builder.StartVector(sizeof(byte), bytes.Length, sizeof(byte));
        _builder.Add(bytes);
        return _builder.EndVector().Value;
    }

    private int Union(byte type, int content) => Table(2, () =>
    {
        _builder.AddOffset(1, content, 0);
        _builder.AddByte(0, type, 0);
    });

    private int Table(int slots, Action? addFields = null)
    {
        _builder.StartTable(slots);
        addFields?.Invoke();
        return _builder.EndTable();
    }

    private byte[] Finish(int root)
    {
        _builder.FinishSizePrefixed(root);
        return _builder.SizedByteArray();
    }
}
