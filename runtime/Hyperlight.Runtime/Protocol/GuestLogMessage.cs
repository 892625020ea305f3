using System.Text;

namespace Hyperlight.Protocol;

/// <summary>A log record: <c>GuestLogData</c> (amd64 sheet, sections 5.4 and 5.9).</summary>
internal static class GuestLogMessage
{
    private const int MessageSlot = 0;
    private const int SourceSlot = 1;
    private const int LevelSlot = 2;
    private const int CallerSlot = 3;
    private const int SourceFileSlot = 4;
    private const int LineSlot = 5;

    /// <summary>Reads only the level of a record.</summary>
    /// <exception cref="GuestProtocolException">The message is malformed.</exception>
    public static GuestLogLevel ReadLevel(ReadOnlySpan<byte> message) => ReadLevel(FlatTable.Root(message));

    /// <summary>Reads a record.</summary>
    /// <param name="message">The record. Only the size of the guest's output buffer limits its texts.</param>
    /// <param name="maxTextLength">The greatest number of bytes to read of each text.</param>
    /// <exception cref="GuestProtocolException">The message is malformed.</exception>
    public static GuestLogRecord Read(ReadOnlySpan<byte> message, int maxTextLength)
    {
        FlatTable table = FlatTable.Root(message);
        return new(
            ReadLevel(table),
            Text(table.ReadString(MessageSlot, "the log message"), maxTextLength),
            Text(table.ReadString(SourceSlot, "the log source"), maxTextLength),
            Text(table.ReadString(CallerSlot, "the log caller"), maxTextLength),
            Text(table.ReadString(SourceFileSlot, "the log's source file"), maxTextLength),
            table.ReadUInt32(LineSlot));
    }

    private static GuestLogLevel ReadLevel(FlatTable table) => table.ReadByte(LevelSlot) switch
    {
        0 or 6 => GuestLogLevel.Trace,
        1 => GuestLogLevel.Debug,
        2 => GuestLogLevel.Information,
        3 => GuestLogLevel.Warning,
        4 or 5 => GuestLogLevel.Error,
        byte other => throw FlatTable.Malformed($"a log record has the level {other}, the levels are 0 to 6"),
    };

    private static string Text(ReadOnlySpan<byte> bytes, int maxLength) =>
        Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, maxLength)]);
}
