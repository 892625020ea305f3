using System.Diagnostics.CodeAnalysis;

namespace Hyperlight;

// Renting. The caller that has waited longest gets the next sandbox.
public sealed partial class SandboxPool
{
    /// <summary>
    /// Rents a sandbox. If a sandbox is ready, the caller gets it at once. Otherwise this method waits for the first sandbox that is
    /// created or returned.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The lease; dispose it to return the sandbox. A sandbox whose lease is never disposed never returns to the pool.</returns>
    /// <exception cref="ObjectDisposedException">The pool is disposed, or was disposed during the wait.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="HyperlightException">
    /// No sandbox could be created. HL5005: no sandbox is ready, and no thread can be started that creates one. Other exceptions that
    /// <see cref="GuestImageExtensions.CreateSandbox"/>, <see cref="Snapshot.CreateSandbox"/>, the configuration or the warm-up throw are
    /// thrown here too. The next rent tries again.
    /// </exception>
    public SandboxLease Rent(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (TryTake(out SandboxLease? lease, out LinkedListNode<TaskCompletionSource<SandboxLease>>? place))
        {
            return lease;
        }

        using (cancellationToken.UnsafeRegister((_, token) => GiveUp(place, token), null))
        {
            try
            {
                return place.Value.Task.GetAwaiter().GetResult();
            }
            catch (ThreadInterruptedException)
            {
                // If a sandbox was lent at the same moment, it is returned.
                GiveUp(place, default);
                if (place.Value.Task.IsCompletedSuccessfully)
                {
                    place.Value.Task.Result.Dispose();
                }

                throw;
            }
        }
    }

    /// <summary>
    /// Rents a sandbox. If a sandbox is ready, the task is complete at once. Otherwise the task completes with the first sandbox that is
    /// created or returned.
    /// </summary>
    /// <inheritdoc cref="Rent"/>
    public ValueTask<SandboxLease> RentAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SandboxLease>(cancellationToken);
        }

        return TryTake(out SandboxLease? lease, out LinkedListNode<TaskCompletionSource<SandboxLease>>? place)
            ? ValueTask.FromResult(lease)
            : WaitAsync(place, cancellationToken);
    }

    /// <summary>Takes a ready sandbox, or a place in the queue.</summary>
    private bool TryTake(
        [NotNullWhen(true)] out SandboxLease? lease, [NotNullWhen(false)] out LinkedListNode<TaskCompletionSource<SandboxLease>>? place)
    {
        (lease, place) = (null, null);
        using (_lock.Enter())
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_ready.Count > 0)
            {
                lease = Lend(_ready[^1].Sandbox);
                _ready.RemoveAt(_ready.Count - 1);
                CreateWhatIsMissing();
                return true;
            }

            // Before the caller gets a place in the queue: if the start fails, nothing has changed.
            if (HasRoom)
            {
                StartCreator();
            }

            place = _waiting.AddLast(new TaskCompletionSource<SandboxLease>(TaskCreationOptions.RunContinuationsAsynchronously));
            return false;
        }
    }

    private async ValueTask<SandboxLease> WaitAsync(
        LinkedListNode<TaskCompletionSource<SandboxLease>> place, CancellationToken cancellationToken)
    {
        await using (cancellationToken.UnsafeRegister((_, token) => GiveUp(place, token), null).ConfigureAwait(false))
        {
            return await place.Value.Task.ConfigureAwait(false);
        }
    }

    // The thread that removes a place from the queue completes its task. A cancellation that comes after a sandbox was lent has no effect.
    private void GiveUp(LinkedListNode<TaskCompletionSource<SandboxLease>> place, CancellationToken cancellationToken)
    {
        using (_lock.Enter())
        {
            if (place.List is null)
            {
                return;
            }

            _waiting.Remove(place);
        }

        place.Value.SetCanceled(cancellationToken);
    }
}
