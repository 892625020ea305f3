using Hyperlight.Diagnostics;
using Hyperlight.Protocol;
using Hyperlight.Telemetry;
using Microsoft.Extensions.Logging;

namespace Hyperlight.Printing;

/// <summary>
/// Passes the log records of a guest on to the logger and action of the options, up to the limit of a call, and then tells how many records
/// were dropped.
/// </summary>
/// <param name="guest">The name of the guest.</param>
/// <param name="settings">The sinks and limits.</param>
internal sealed partial class GuestLog(string guest, SandboxSettings settings)
{
    private int _passed;
    private long _dropped;

    /// <summary>Takes a record that the guest sent.</summary>
    /// <exception cref="GuestProtocolException">The message is malformed.</exception>
    public void Add(ReadOnlySpan<byte> message)
    {
        // The level is read even if nobody receives the record, so that a malformed record always fails the call.
        GuestLogLevel level = GuestLogMessage.ReadLevel(message);
        LogLevel logLevel = ToLogLevel(level);
        bool isWanted = level <= settings.LogLevel && (settings.Log is not null || settings.Logger?.IsEnabled(logLevel) == true);
        bool passes = isWanted && _passed < settings.MaxLogRecordsPerCall;
        GuestLogRecord record = GuestLogMessage.Read(message, passes ? settings.MaxLogTextLength : 0);
        if (!passes)
        {
            _dropped += isWanted ? 1 : 0;
            return;
        }

        _passed++;
        settings.Log?.Invoke(record);
        if (settings.Logger is { } logger && logger.IsEnabled(logLevel))
        {
            GuestLogRecord printable = Printable(record);
            Record(logger, logLevel, guest, printable.Message, printable.Source, printable.Caller, printable.SourceFile, printable.Line);
        }
    }

    /// <summary>
    /// Records that a host function failed. The record counts as one of the guest, because the guest can call the function again and again.
    /// </summary>
    public void AddHostFailure(string function, string identifier, Exception exception)
    {
        if (settings.Logger is null && settings.Log is null)
        {
            return;
        }

        if (_passed >= settings.MaxLogRecordsPerCall)
        {
            _dropped++;
            return;
        }

        _passed++;
        Warn($"Host function {function} failed, {identifier}: {exception.GetType().Name}: {ExceptionText.Of(exception)}");
        if (settings.Logger is { } logger)
        {
            HostFunctionFailed(logger, exception, guest, function, identifier);
        }
    }

    /// <summary>Records that printed text of the guest was dropped.</summary>
    /// <param name="size">The number of dropped bytes, as UTF-8.</param>
    /// <param name="failure">The text of the exception that the writer threw; <c>null</c> if the writer threw none.</param>
    public void AddDroppedText(long size, string? failure)
    {
        Warn(failure is null
            ? $"{size} bytes of text that this call printed were dropped: MaxPrintedSizePerCall is {settings.MaxPrintedSizePerCall}, or "
                + "the writer does not take them."
            : $"The writer of printed text failed: {failure}");
        if (settings.Logger is { } logger)
        {
            TextDropped(logger, guest, size, settings.MaxPrintedSizePerCall, failure);
        }
    }

    /// <summary>Records how many records were dropped, if any, and starts to count from 0 again.</summary>
    public void EndCall()
    {
        long dropped = _dropped;
        (_passed, _dropped) = (0, 0);
        if (dropped == 0)
        {
            return;
        }

        Measures.AddDroppedLogRecords(guest, dropped);
        Warn($"{dropped} more log records of this call were dropped: MaxLogRecordsPerCall is {settings.MaxLogRecordsPerCall}.");
        if (settings.Logger is { } logger)
        {
            Dropped(logger, guest, dropped, settings.MaxLogRecordsPerCall);
        }
    }

    /// <summary>Gives <see cref="SandboxOptions.Log"/> a record of the host.</summary>
    private void Warn(string text) =>
        settings.Log?.Invoke(new(GuestLogLevel.Warning, text, "Hyperlight", nameof(GuestLog), string.Empty, 0));

    private static LogLevel ToLogLevel(GuestLogLevel level) => level switch
    {
        GuestLogLevel.Error => LogLevel.Error,
        GuestLogLevel.Warning => LogLevel.Warning,
        GuestLogLevel.Information => LogLevel.Information,
        GuestLogLevel.Debug => LogLevel.Debug,
        _ => LogLevel.Trace,
    };

    // A line feed could forge a line of a log file, and an escape sequence could change what a terminal shows.
    private static GuestLogRecord Printable(GuestLogRecord record) => record with
    {
        Message = OneLine.Of(record.Message),
        Source = OneLine.Of(record.Source),
        Caller = OneLine.Of(record.Caller),
        SourceFile = OneLine.Of(record.SourceFile),
    };

    // The names are those of upstream's events (amd64 sheet, section 5.9).
    [LoggerMessage(
        EventId = 1, EventName = "GuestLog",
        Message = "{guest_name}: {guest_message} ({guest_module} {guest_caller} {guest_file}:{guest_line})")]
    private static partial void Record(
        ILogger logger,
        LogLevel level,
        string guest_name,
        string guest_message,
        string guest_module,
        string guest_caller,
        string guest_file,
        uint guest_line);

    [LoggerMessage(
        EventId = 2,
        EventName = "GuestLogDropped",
        Level = LogLevel.Warning,
        Message = "{guest_name} logged {dropped_count} more records in one call than the {record_limit} that are passed on")]
    private static partial void Dropped(ILogger logger, string guest_name, long dropped_count, int record_limit);

    [LoggerMessage(
        EventId = 6,
        EventName = "GuestPrintDropped",
        Level = LogLevel.Warning,
        Message = "{dropped_size} bytes were dropped of what {guest_name} printed in one call, of which {print_limit} are passed on "
            + "(failure of the writer: {print_failure})")]
    private static partial void TextDropped(ILogger logger, string guest_name, long dropped_size, long print_limit, string? print_failure);

    [LoggerMessage(
        EventId = 5,
        EventName = "HostFunctionFailed",
        Level = LogLevel.Warning,
        Message = "The host function {host_function} failed that {guest_name} called; the guest was told the identifier {failure_id} only")]
    private static partial void HostFunctionFailed(
        ILogger logger, Exception exception, string guest_name, string host_function, string failure_id);
}
