using Hyperlight.Diagnostics;

namespace Hyperlight.Watch;

/// <summary>Starts the threads that the runtime has of its own. Whoever starts one remembers it only after the start: a start that failed is tried again.</summary>
internal static class BackgroundThread
{
    /// <summary>Starts a thread of the operating system.</summary>
    /// <inheritdoc cref="ThreadStarter"/>
    public static void Start(string name, Action run)
    {
        Thread thread = new(() => run()) { IsBackground = true, Name = name };
        try
        {
            // Not with the first caller's execution context: the thread outlives that caller.
            thread.UnsafeStart();
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            throw Refused(name, exception);
        }
    }

    /// <summary>HL5005.</summary>
    public static HyperlightException Refused(string name, Exception reason) => new(
        Rules.ThreadNotStarted.Found(
            $"the thread '{name}' cannot be started ({OneLine.Of(reason.Message)}): raise the limit of threads ('ulimit -u', pids.max of the container) or of memory, then try again."),
        reason);
}
