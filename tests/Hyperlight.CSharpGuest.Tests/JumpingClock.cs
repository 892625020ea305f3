namespace Hyperlight.CSharpGuest.Tests;

/// <summary>The clock of the system, which a test can set.</summary>
internal sealed class JumpingClock : TimeProvider
{
    /// <summary>Gets or sets how far the clock is ahead of that of the system.</summary>
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
}
