namespace Hyperlight.Calls;

/// <summary>The ways in which a call of a guest function, or a guest's initialisation, can end.</summary>
internal enum CallEnd
{
    /// <summary>The call has not ended.</summary>
    None,

    /// <summary>The guest finished, and there is a result.</summary>
    Returned,

    /// <summary>The guest did not run, because of how the sandbox was used or because of the arguments.</summary>
    Refused,

    /// <summary>The guest finished and answered with an error.</summary>
    GuestError,

    /// <summary>The guest finished, and its answer cannot be read.</summary>
    Unreadable,

    /// <summary>The guest gave up.</summary>
    Aborted,

    /// <summary>The guest did something after which its processor cannot go on.</summary>
    Faulted,

    /// <summary>The host stopped the guest, because the time of the call was over.</summary>
    TimedOut,

    /// <summary>The host stopped the guest, because the caller's token was cancelled or the sandbox was disposed.</summary>
    Canceled,

    /// <summary>The run broke off: the guest broke the protocol, or something failed on the host.</summary>
    BrokeOff,
}
