namespace Hyperlight.Errors;

/// <summary>Why a call was stopped from outside.</summary>
internal enum StopReason
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>The caller's token was cancelled.</summary>
    Canceled,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>The sandbox was disposed.</summary>
    Disposed,
}
