using Hyperlight.Protocol;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Protocol;

public class GuestLogMessageTests
{
    [Fact]
    public void A_record_from_upstream_is_read() => Assert.Equal(
        new GuestLogRecord(GuestLogLevel.Warning, "message", "source_module", "caller", "src/main.rs", 42),
        GuestLogMessage.Read(RecordedMessages.Get("log-warning"), int.MaxValue));

    [Fact]
    public void The_level_is_read_alone() =>
        Assert.Equal(GuestLogLevel.Warning, GuestLogMessage.ReadLevel(RecordedMessages.Get("log-warning")));

    [Fact]
    public void Long_texts_are_cut() => Assert.Equal(
        new GuestLogRecord(GuestLogLevel.Warning, "mess", "sour", "call", "src/", 42),
        GuestLogMessage.Read(RecordedMessages.Get("log-warning"), 4));
}
