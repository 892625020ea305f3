using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Vectors;
using Microsoft.Extensions.Logging;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests how a sandbox passes on the log records of its guest.</summary>
[Wine]
public class GuestLogTests
{
    public static TheoryData<string> Guests => ["misbehave", "misbehave32"];

    [KvmFact]
    public void A_logger_gets_every_part_of_a_record_as_a_field()
    {
        RecordingLogger logger = new();
        using ScriptedGuest guest = new();
        guest.Halt().Send(RecordedMessages.Get("log-warning"), 99).Return(RecordedMessages.Get("result-void"));
        using Sandbox sandbox = guest.Start(options => (options.Logger, options.LogLevel) = (logger, GuestLogLevel.Warning));

        sandbox.Call("F");

        RecordingLogger.Entry entry = Assert.Single(logger.Entries);
        Assert.Equal((LogLevel.Warning, "GuestLog"), (entry.Level, entry.Event.Name));
        Assert.Equal("scripted: message (source_module caller src/main.rs:42)", entry.Text);
        Assert.Equal(
            ("scripted", "message", "source_module", "caller", "src/main.rs", 42u),
            (entry.Fields["guest_name"], entry.Fields["guest_message"], entry.Fields[
                "guest_module"], entry.Fields["guest_caller"], entry.Fields["guest_file"], entry.Fields["guest_line"]));
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void Every_level_has_its_counterpart(string name)
    {
        RecordingLogger logger = new();
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start(options => (options.Logger, options.LogLevel) = (logger, GuestLogLevel.Trace));

        for (int level = 1; level <= 5; level++)
        {
            sandbox.Call("LogMessage", level, "x");
        }

        Assert.Equal(
            [LogLevel.Error, LogLevel.Warning, LogLevel.Information, LogLevel.Debug, LogLevel.Trace],
            logger.Entries.Select(entry => entry.Level));
    }

    [KvmFact]
    public void What_a_logger_does_not_want_is_neither_passed_on_nor_counted()
    {
        RecordingLogger logger = new(LogLevel.Error);
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start(
            options => (options.Logger, options.LogLevel, options.MaxLogRecordsPerCall) = (logger, GuestLogLevel.Trace, 0));

        sandbox.Call("LogMessage", 2, "warning");

        Assert.Empty(logger.Entries);
    }

    [KvmFact]
    public void Control_characters_cannot_forge_lines()
    {
        RecordingLogger logger = new();
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start(options => options.Logger = logger);

        sandbox.Call("LogMessage", 1, "one\ntwo\u001b[31m");

        Assert.Equal("one two [31m", Assert.Single(logger.Entries).Fields["guest_message"]);
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_flood_is_cut_off_and_said_to_be_so_once_for_each_call(string name)
    {
        RecordingLogger logger = new();
        List<GuestLogRecord> records = [];
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start(
            options => (options.Logger, options.Log, options.MaxLogRecordsPerCall) = (logger, records.Add, 3));

        sandbox.Call<int>("LogFlood", 3);
        sandbox.Call<int>("LogFlood", 10);
        sandbox.Call<int>("LogFlood", 1);

        Assert.Equal([3 + 3 + 1 + 1, 3 + 3 + 1 + 1], [logger.Entries.Count, records.Count]);
        RecordingLogger.Entry summary = logger.Entries[6];
        Assert.Equal((LogLevel.Warning, "GuestLogDropped", 7L), (summary.Level, summary.Event.Name, summary.Fields["dropped_count"]));
        Assert.Equal(GuestLogLevel.Warning, records[6].Level);
        Assert.StartsWith("7 more log records", records[6].Message, StringComparison.Ordinal);
    }

    [KvmFact]
    public void A_flood_before_a_failure_is_said_too()
    {
        RecordingLogger logger = new();
        using ScriptedGuest guest = new();
        guest.Halt().Send(RecordedMessages.Get("log-warning"), 99).Out(4321);
        using Sandbox sandbox = guest.Start(
            options => (options.Logger, options.LogLevel, options.MaxLogRecordsPerCall) = (logger, GuestLogLevel.Warning, 0));

        Assert.Throws<GuestProtocolException>(() => sandbox.Call("F"));

        Assert.Equal("GuestLogDropped", Assert.Single(logger.Entries).Event.Name);
    }

    [KvmFact]
    public void Long_texts_are_cut()
    {
        List<GuestLogRecord> records = [];
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start(options => (options.Log, options.MaxLogTextLength) = (records.Add, 10));

        sandbox.Call("LogMessage", 1, new string('x', 3000));

        Assert.Equal(new string('x', 10), Assert.Single(records).Message);
    }
}
