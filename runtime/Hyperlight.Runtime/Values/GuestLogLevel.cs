namespace Hyperlight;

/// <summary>The levels of a guest's log records. The guest receives the number in RCX at its start (amd64 sheet, section 4.1).</summary>
public enum GuestLogLevel
{
    /// <summary>The guest logs nothing.</summary>
    Off = 0,

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
