using System.Globalization;

namespace Hyperlight.Debugging;

/// <summary>The reason why a guest is stopped.</summary>
/// <param name="Signal">The number of the signal that gdb shows, in gdb's own numbering.</param>
/// <param name="Reason">The reason in the words of the protocol; no characters if the signal says enough.</param>
internal readonly record struct StopReply(int Signal, string Reason = "")
{
    private const int Interrupted = 2;
    private const int Trapped = 5;
    private const int Aborted = 6;
    private const int Faulted = 11;

    /// <summary>Gets the reply of a guest that is about to execute an instruction, after a step or at the start of a call.</summary>
    public static StopReply AtInstruction => new(Trapped);

    /// <summary>Gets the reply of a guest that has reached a breakpoint.</summary>
    public static StopReply AtBreakpoint => new(Trapped, "swbreak:;");

    /// <summary>Gets the reply of a guest that the debugger has interrupted.</summary>
    public static StopReply AfterInterrupt => new(Interrupted);

    /// <summary>Gets the reply of a guest that has aborted.</summary>
    public static StopReply AfterAbort => new(Aborted);

    /// <summary>Gets the reply of a guest that cannot go on.</summary>
    public static StopReply AfterFault => new(Faulted);

    /// <summary>Gets the reply of a guest that has changed watched memory.</summary>
    public static StopReply AfterWrite(ulong address) =>
        new(Trapped, string.Create(CultureInfo.InvariantCulture, $"watch:{address:x};"));

    /// <summary>Writes the data of the packet.</summary>
    public string Write() => string.Create(CultureInfo.InvariantCulture, $"T{Signal:x2}{Reason}thread:1;");
}
