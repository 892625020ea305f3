using Hyperlight.Diagnostics;
using Hyperlight.Protocol;
using Hyperlight.Telemetry;
using Microsoft.Extensions.Logging;

namespace Hyperlight.Printing;

/// <summary>Passes a guest's log records on to the host's sinks: as many for each call as the options allow, and then how many more there were.</summary>
/// <param name="guest">The guest's name.</param>
/// <param name="settings">The sinks and limits.</param>
internal sealed partial class GuestLog(string guest, SandboxSettings settings)
{
    private int _passed;
    private long _dropped;

    /// <summary>Takes a record the guest sent.</summary>
    /// <exception cref="GuestProtocolException">The message is malformed.</exception>
    public void Add(ReadOnlySpan<byte> message)
    {
        // What nobody wants is read without its texts: whether a record is malformed does not depend on who listens.
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

    /// <summary>Records that a host function failed. It counts as a record of the guest, which can call the function again and again.</summary>
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

    /// <summary>Records that text was dropped that the guest printed.</summary>
    /// <param name="size">Bytes, as UTF-8.</param>
    /// <param name="failure">What the writer threw, null when it took what it was given.</param>
    public void AddDroppedText(long size, string? failure)
    {
        Warn(failure is null
            ? $"{size} bytes of text that this call printed were dropped: MaxPrintedSizePerCall is {settings.MaxPrintedSizePerCall}, or the writer does not take them."
            : $"The writer of printed text failed: {failure}");
        if (settings.Logger is { } logger)
        {
            TextDropped(logger, guest, size, settings.MaxPrintedSizePerCall, failure);
        }
    }

    /// <summary>Says how many records were dropped, where some were, and starts to count anew.</summary>
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

    /// <summary>Gives <see cref="SandboxOptions.Log"/> a record of the host's own.</summary>
    private void Warn(string text) => settings.Log?.Invoke(new(GuestLogLevel.Warning, text, "Hyperlight", nameof(GuestLog), string.Empty, 0));

    private static LogLevel ToLogLevel(GuestLogLevel level) => level switch
    {
        GuestLogLevel.Error => LogLevel.Error,
        GuestLogLevel.Warning => LogLevel.Warning,
        GuestLogLevel.Information => LogLevel.Information,
        GuestLogLevel.Debug => LogLevel.Debug,
        _ => LogLevel.Trace,
    };

    // A line feed could forge a line of a log file, an escape sequence whatever a terminal shows.
    private static GuestLogRecord Printable(GuestLogRecord record) => record with
    {
        Message = OneLine.Of(record.Message),
        Source = OneLine.Of(record.Source),
        Caller = OneLine.Of(record.Caller),
        SourceFile = OneLine.Of(record.SourceFile),
    };

    // The names are those of upstream's events (amd64 sheet, section 5.9).
    [LoggerMessage(
        EventId = 1, EventName = "GuestLog", Message = "{guest_name}: {guest_message} ({guest_module} {guest_caller} {guest_file}:{guest_line})")]
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
        Message = "{dropped_size} bytes were dropped of what {guest_name} printed in one call, of which {print_limit} are passed on (failure of the writer: {print_failure})")]
    private static partial void TextDropped(ILogger logger, string guest_name, long dropped_size, long print_limit, string? print_failure);

    [LoggerMessage(
        EventId = 5,
        EventName = "HostFunctionFailed",
        Level = LogLevel.Warning,
        Message = "The host function {host_function} failed that {guest_name} called; the guest was told the identifier {failure_id} only")]
    private static partial void HostFunctionFailed(ILogger logger, Exception exception, string guest_name, string host_function, string failure_id);
}
