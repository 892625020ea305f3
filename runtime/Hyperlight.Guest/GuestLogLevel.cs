namespace Hyperlight.Guest;

/// <summary>The levels of records of the guest's log (hl_Level). The host says which levels it wants: those up to a number.</summary>
public enum GuestLogLevel
{
    /// <summary>Failures.</summary>
    Error = 1,

    /// <summary>Facts that may lead to a failure.</summary>
    Warning = 2,

    /// <summary>The course of events.</summary>
    Information = 3,

    /// <summary>Details that help the guest's author to find a defect.</summary>
    Debug = 4,

    /// <summary>Every step.</summary>
    Trace = 5,
}
