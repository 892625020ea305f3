using Hyperlight.Protocol;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Protocol;

public class GuestLogMessageTests
{
    [Fact]
    public void A_record_from_upstream_is_read() => Assert.Equal(
        new GuestLogRecord(GuestLogLevel.Warning, "message", "source_module", "caller", "src/main.rs", 42),
        GuestLogMessage.Read(RecordedMessages.Get("log-warning"), GuestLogLevel.Warning));

    [Fact]
    public void A_record_above_the_level_asked_for_is_dropped() =>
        Assert.Null(GuestLogMessage.Read(RecordedMessages.Get("log-warning"), GuestLogLevel.Error));
}
