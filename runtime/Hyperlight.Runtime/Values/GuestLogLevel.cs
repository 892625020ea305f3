namespace Hyperlight;

/// <summary>How much a guest logs. The numbers are those the guest receives in RCX at its start (amd64 sheet, section 4.1).</summary>
public enum GuestLogLevel
{
    /// <summary>Nothing.</summary>
    Off = 0,

    /// <summary>Failures.</summary>
    Error = 1,

    /// <summary>Failures and what may become one.</summary>
    Warning = 2,

    /// <summary>The course of events as well.</summary>
    Information = 3,

    /// <summary>What its author needs to find a defect.</summary>
    Debug = 4,

    /// <summary>Everything.</summary>
    Trace = 5,
}
