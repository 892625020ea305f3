using Microsoft.Extensions.Logging;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Records log entries at or above a level.</summary>
internal sealed class RecordingLogger(LogLevel minimum = LogLevel.Trace) : ILogger
{
    public List<Entry> Entries { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= minimum;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Entries.Add(
        new(logLevel, eventId, formatter(state, exception), ((IEnumerable<KeyValuePair<string, object?>>)state!).ToDictionary(
            pair => pair.Key, pair => pair.Value), exception));

    public sealed record Entry(LogLevel Level, EventId Event, string Text, Dictionary<string, object?> Fields, Exception? Exception);
}
