using Hyperlight.Concurrency;

namespace Hyperlight.Functions;

#pragma warning disable CA1001 // The source has no timer and no handle to free, and a function that was left alone may still use its token.
/// <summary>Tells the host functions of the current call of a sandbox that the call was stopped.</summary>
internal sealed class StopSignal
#pragma warning restore CA1001
{
    private readonly SteadyLock _lock = new();
    private volatile bool _isSet;

    // The task that ends the waits of the call's functions; null until a function waits. Only the waits below continue from the task, and
    // they run no code of the program.
    private volatile TaskCompletionSource? _stopped;
    private volatile CancellationTokenSource? _source;

    /// <summary>Gets whether the call was stopped.</summary>
    public bool IsSet => _isSet;

    /// <summary>Gets the token that is cancelled when the call is stopped.</summary>
    public CancellationToken Token
    {
        get
        {
            using (_lock.Enter())
            {
                return (_source ??= new(_isSet ? TimeSpan.Zero : Timeout.InfiniteTimeSpan)).Token;
            }
        }
    }

    /// <summary>Waits until a task is complete or the call is stopped. The wait needs no thread of the pool.</summary>
    /// <returns><c>true</c> if the task is complete; <c>false</c> if the call was stopped before.</returns>
    public bool Wait(Task task)
    {
        TaskCompletionSource stopped;
        using (_lock.Enter())
        {
            if (_isSet)
            {
                return task.IsCompleted;
            }

            stopped = _stopped ??= new();
        }

        Task.WaitAny(task, stopped.Task);
        return task.IsCompleted;
    }

    /// <summary>
    /// Ends the waits and cancels the token. Actions that the program registered with the token run on the thread pool, so that they do not
    /// delay the caller.
    /// </summary>
    public void Set()
    {
        using (_lock.Enter())
        {
            _isSet = true;
            _stopped?.TrySetResult();
            if (_source is { } source)
            {
                ForgetFailure(source.CancelAsync());
            }
        }
    }

    /// <summary>Prepares for the next call. Tokens of earlier calls stay as they are.</summary>
    public void Reset()
    {
        if (_isSet || _stopped is not null || _source is not null)
        {
            using (_lock.Enter())
            {
                (_isSet, _stopped, _source) = (false, null, null);
            }
        }
    }

    /// <summary>Takes the exception of a task that nobody waits for, so that it is not reported as unobserved.</summary>
    public static void ForgetFailure(Task task) => task.ContinueWith(
        static failed => failed.Exception,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
