using System.Runtime.ExceptionServices;
using Hyperlight.Calls;
using Hyperlight.Machine;
using Hyperlight.Snapshots;
using Hyperlight.Telemetry;

namespace Hyperlight;

// Snapshots (amd64 sheet, sections 6.3 to 6.5).
public sealed partial class Sandbox
{
    /// <summary>
    /// Takes a snapshot of the guest. Memory that the guest has not changed is not copied. If the guest has not run since the last
    /// snapshot was taken or restored, the new snapshot shares the memory of that one. The snapshot is taken on the thread of the caller,
    /// in time in proportion to the memory that the guest has mapped and changed.
    /// </summary>
    /// <param name="cancellationToken">Stops the snapshot and leaves the sandbox as it was, ready for calls.</param>
    /// <returns>The snapshot, which the caller disposes.</returns>
    /// <exception cref="SnapshotFailedException">The guest has page tables of which no snapshot can be taken.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="SandboxPoisonedException">An earlier call did not run to its end.</exception>
    /// <exception cref="InvalidOperationException">A call is running.</exception>
    /// <exception cref="ObjectDisposedException">The sandbox is disposed.</exception>
    public Snapshot TakeSnapshot(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return BetweenCalls(() => new Snapshot(_machine.ShareCurrent() ?? Capture(cancellationToken)));
    }

    /// <summary>
    /// Sets the guest back to a snapshot: memory, page tables and registers. A poisoned sandbox becomes ready. The restore takes time in
    /// proportion to the memory that the guest has changed, and cannot be cancelled: half a restore would leave a sandbox that can only be
    /// disposed. Files and regions are unmapped. Random numbers that the guest drew at its start are those of the snapshot.
    /// </summary>
    /// <param name="snapshot">
    /// A snapshot of this sandbox, or of a sandbox with the same layout and sizes whose host functions this sandbox has too.
    /// </param>
    /// <exception cref="SnapshotMismatchException">The snapshot does not fit. The sandbox stays as it was.</exception>
    /// <exception cref="SandboxUnrecoverableException">
    /// The memory of the sandbox could not be replaced, now or in an earlier restore. The sandbox can only be disposed.
    /// </exception>
    /// <exception cref="HypervisorException">The registers could not be set. The sandbox is poisoned.</exception>
    /// <exception cref="InvalidOperationException">A call is running.</exception>
    /// <exception cref="ObjectDisposedException">The sandbox or the snapshot is disposed.</exception>
    public void Restore(Snapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        _gate.Enter(Timeout.InfiniteTimeSpan);
        Operation restore = Operation.Restore(_runner.Name);
        try
        {
            ThrowIfUnrecoverable();
            using SnapshotContent content = snapshot.Hold();
            Conclude(_machine.Restore(content));
            restore.End(failure: null);
        }
        catch (Exception exception)
        {
            restore.End(exception);
            throw;
        }
        finally
        {
            Leave();
        }
    }

    private SnapshotContent Capture(CancellationToken cancellationToken)
    {
        Operation capture = Operation.Snapshot(_runner.Name);
        try
        {
            SnapshotContent snapshot = _machine.Capture(cancellationToken);
            capture.End(failure: null);
            return snapshot;
        }
        catch (Exception exception)
        {
            capture.End(exception);
            throw;
        }
    }

    /// <summary>
    /// Gives the sandbox the state in which a restore leaves it, and throws the failure of the restore. To be called inside the gate.
    /// </summary>
    private void Conclude(RestoreOutcome outcome)
    {
        if (outcome.Failure is not { } failure)
        {
            _gate.Become(SandboxCondition.Ready);
            return;
        }

        if (outcome.State is { } state)
        {
            _gate.Become(SandboxCondition.After(failure, state));
        }

        if (outcome.State == SandboxState.Unrecoverable)
        {
            throw new SandboxUnrecoverableException(_runner.Name, ExceptionText.Of(failure), failure);
        }

        ExceptionDispatchInfo.Throw(failure);
    }
}
