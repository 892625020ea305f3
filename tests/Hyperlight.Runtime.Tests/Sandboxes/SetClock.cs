namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>A clock that a test sets. A timestamp counts milliseconds.</summary>
internal sealed class SetClock : TimeProvider
{
    public DateTimeOffset Now { get; set; }

    public long Timestamp { get; set; }

    public override long TimestampFrequency => 1000;

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => Timestamp;
}
