namespace Hyperlight.Calls;

/// <summary>The reasons to stop a call.</summary>
internal enum StopReason
{
    /// <summary>The call was not stopped.</summary>
    None,

    /// <summary>The caller's token was cancelled.</summary>
    Canceled,

    /// <summary>The call reached its deadline.</summary>
    TimedOut,

    /// <summary>The sandbox was disposed.</summary>
    Disposed,
}
