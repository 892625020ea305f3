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

    // A guest's texts are bounded by its output buffer only, which its author sized for results.
    private const int MaxTextLength = 16384;

    /// <summary>Reads a record, or only its level where that is above <paramref name="limit"/>.</summary>
    /// <returns>The record, null when it is above the limit.</returns>
    /// <exception cref="GuestProtocolException">The message is malformed.</exception>
    public static GuestLogRecord? Read(ReadOnlySpan<byte> message, GuestLogLevel limit)
    {
        FlatTable table = FlatTable.Root(message);
        GuestLogLevel level = table.ReadByte(LevelSlot) switch
        {
            0 or 6 => GuestLogLevel.Trace,
            1 => GuestLogLevel.Debug,
            2 => GuestLogLevel.Information,
            3 => GuestLogLevel.Warning,
            4 or 5 => GuestLogLevel.Error,
            byte other => throw FlatTable.Malformed($"a log record has the level {other}, the levels are 0 to 6"),
        };
        return level > limit
            ? null
            : new(
                level,
                Text(table.ReadString(MessageSlot, "the log message")),
                Text(table.ReadString(SourceSlot, "the log source")),
                Text(table.ReadString(CallerSlot, "the log caller")),
                Text(table.ReadString(SourceFileSlot, "the log's source file")),
                table.ReadUInt32(LineSlot));
    }

    private static string Text(ReadOnlySpan<byte> bytes) =>
        Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MaxTextLength)]);
}
