using System.Text;

namespace Hyperlight.Protocol;

/// <summary>The answer to a call: <c>FunctionCallResult</c>, a value or an error (amd64 sheet, section 5.4).</summary>
internal static class FunctionResultMessage
{
    private const int TypeSlot = 0;
    private const int ResultSlot = 1;
    private const byte TypeValue = 1;
    private const byte TypeError = 2;
    private const int ErrorCodeSlot = 0;
    private const int ErrorMessageSlot = 1;

    private static ReadOnlySpan<byte> ErrorLayout => [8, 16, 8, 4];

    /// <summary>Reads the answer of a guest.</summary>
    /// <param name="message">The answer, in memory that the guest does not write to meanwhile.</param>
    /// <param name="error">
    /// Receives the error with which the guest answered, which is not thrown; <c>null</c> if the guest answered with a value.
    /// </param>
    /// <returns>The value; void for an error.</returns>
    /// <exception cref="GuestProtocolException">The message is malformed.</exception>
    public static GuestValue Read(ReadOnlySpan<byte> message, out GuestErrorException? error)
    {
        ResultTarget none = default;
        return Read(message, ref none, out error);
    }

    /// <summary>Reads the answer of a guest.</summary>
    /// <param name="message">The answer, in memory that the guest does not write to meanwhile.</param>
    /// <param name="target">Receives the bytes if the result is bytes. The value is empty then.</param>
    /// <param name="error">
    /// Receives the error with which the guest answered, which is not thrown; <c>null</c> if the guest answered with a value.
    /// </param>
    /// <returns>The value; void for an error.</returns>
    /// <exception cref="GuestProtocolException">The message is malformed.</exception>
    public static GuestValue Read(ReadOnlySpan<byte> message, ref ResultTarget target, out GuestErrorException? error)
    {
        error = null;
        FlatTable table = FlatTable.Root(message);
        byte type = table.ReadByte(TypeSlot);
        if (type is not (TypeValue or TypeError))
        {
            throw FlatTable.Malformed($"the result of a call is of type {type}, the types are 1 and 2");
        }

        FlatTable result = table.ReadTable(ResultSlot, "the result of a call");
        if (type == TypeValue)
        {
            return WireValue.ReadResult(result, ref target);
        }

        string text = result.Has(ErrorMessageSlot) ? Encoding.UTF8.GetString(result.ReadString(ErrorMessageSlot, "the error message")) : "";
        error = new((GuestErrorCode)result.ReadUInt64(ErrorCodeSlot), text);
        return GuestValue.Void;
    }

    /// <summary>Writes a value.</summary>
    /// <returns>The length of the message in bytes; greater than <paramref name="buffer"/> if the message did not fit.</returns>
    public static long Write(Span<byte> buffer, in GuestValue value)
    {
        FlatWriter writer = new(buffer);
        (_, long content) = WireValue.WriteUnion(ref writer, TypeValue);
        writer.Link(content, WireValue.WriteResult(ref writer, value));
        return writer.Finish();
    }

    /// <summary>Writes an error.</summary>
    /// <returns>The length of the message in bytes; greater than <paramref name="buffer"/> if the message did not fit.</returns>
    public static long WriteError(Span<byte> buffer, GuestErrorCode code, string text)
    {
        ReadOnlySpan<byte> layout = ErrorLayout;
        FlatWriter writer = new(buffer);
        (_, long content) = WireValue.WriteUnion(ref writer, TypeError);
        long error = writer.Table(layout, sizeof(ulong));
        writer.Link(content, error);
        writer.UInt64(error + layout[2 + ErrorCodeSlot], (ulong)code);
        writer.String(error + layout[2 + ErrorMessageSlot], text);
        return writer.Finish();
    }
}
