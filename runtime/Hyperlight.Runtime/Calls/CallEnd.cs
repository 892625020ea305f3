namespace Hyperlight.Calls;

/// <summary>The ways in which a call of a guest function, or a guest's initialisation, can end.</summary>
internal enum CallEnd
{
    /// <summary>The call has not ended.</summary>
    None,

    /// <summary>The guest finished, and there is a result.</summary>
    Returned,

    /// <summary>The guest did not run: the sandbox cannot be called now, or cannot be called with these arguments.</summary>
    Refused,

    /// <summary>The guest finished and answered with an error.</summary>
    GuestError,

    /// <summary>The guest finished, and its answer cannot be read.</summary>
    Unreadable,

    /// <summary>The guest aborted.</summary>
    Aborted,

    /// <summary>The guest crashed: its processor cannot go on.</summary>
    Faulted,

    /// <summary>The host stopped the guest at the deadline of the call.</summary>
    TimedOut,

    /// <summary>The host stopped the guest, because the caller's token was cancelled or the sandbox was disposed.</summary>
    Canceled,

    /// <summary>The host stopped the guest because the guest broke the protocol or because something failed on the host.</summary>
    BrokeOff,
}
