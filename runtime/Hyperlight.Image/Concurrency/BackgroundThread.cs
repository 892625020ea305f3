using Hyperlight.Diagnostics;

namespace Hyperlight.Concurrency;

/// <summary>
/// Starts the runtime's own threads. Callers remember a thread only after it has been started, so that a start that failed is tried again.
/// </summary>
internal static class BackgroundThread
{
    /// <summary>Starts a thread of the operating system.</summary>
    /// <inheritdoc cref="ThreadStarter"/>
    public static void Start(string name, Action run)
    {
        Thread thread = new(() => run()) { IsBackground = true, Name = name };
        try
        {
            // The thread outlives the first caller, so it must not have that caller's execution context.
            thread.UnsafeStart();
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            throw Refused(name, exception);
        }
    }

    /// <summary>
    /// Runs work on a thread of its own. On the thread pool, guests that run for a long time would delay the other work of the program,
    /// such as cancellations.
    /// </summary>
    /// <param name="name">The work, for messages.</param>
    /// <param name="run">The work.</param>
    /// <param name="cancellationToken">Keeps work from being started. Work that has started has to watch the token itself.</param>
    /// <returns>The result of the work, or HL5005.</returns>
    public static Task<T> RunAsync<T>(string name, Func<T> run, CancellationToken cancellationToken)
    {
        // StartNew would start a thread only to cancel the task there.
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        try
        {
            return Task.Factory.StartNew(
                run, cancellationToken, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }
        catch (TaskSchedulerException exception)
        {
            return Task.FromException<T>(Refused(name, exception.InnerException ?? exception));
        }
    }

    /// <summary>
    /// Runs work on a thread of its own, with an object that is disposed after the work, also if the work is never started.
    /// </summary>
    /// <inheritdoc cref="RunAsync{T}(string, Func{T}, CancellationToken)"/>
    public static async Task<T> RunAsync<TSource, T>(string name, TSource source, Func<TSource, T> run, CancellationToken cancellationToken)
        where TSource : IDisposable
    {
        using (source)
        {
            return await RunAsync(name, () => run(source), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Creates HL5005.</summary>
    /// <param name="name">The name of the thread.</param>
    /// <param name="reason">The reason why the thread cannot be started.</param>
    public static HyperlightException Refused(string name, Exception reason) => new(
        Rules.ThreadNotStarted.Found(
            $"the thread '{name}' cannot be started ({OneLine.Of(reason.Message)}): "
            + $"raise the limit of threads ('ulimit -u', pids.max of the container) or of memory, then try again."),
        reason);
}
