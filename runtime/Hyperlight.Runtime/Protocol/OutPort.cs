namespace Hyperlight.Protocol;

/// <summary>The ports through which a guest calls its host, with a 32-bit OUT (amd64 sheet, section 5.1).</summary>
internal enum OutPort
{
    /// <summary>A log record lies in the output buffer.</summary>
    Log = 99,

    /// <summary>A call of a host function lies in the output buffer.</summary>
    CallFunction = 101,

    /// <summary>Up to three bytes of an abort message.</summary>
    Abort = 102,

    /// <summary>One character for the debug console.</summary>
    DebugPrint = 103,

    /// <summary>
    /// The microseconds between two interrupts of the guest's timer; 0 stops the timer. Only guests with interrupts have a timer (i686
    /// sheet, section 6.4).
    /// </summary>
    Timer = 107,

    /// <summary>The end of the initialisation, or of a call.</summary>
    Halt = 108,
}
