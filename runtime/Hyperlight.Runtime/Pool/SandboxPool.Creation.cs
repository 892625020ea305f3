namespace Hyperlight;

// Sandboxes are created one at a time, on a thread that lives as long as some are missing.
public sealed partial class SandboxPool
{
    private readonly Func<Action<SandboxOptions>?, CancellationToken, Sandbox> _start;
    private readonly Action<SandboxOptions>? _configure;
    private readonly Action<Sandbox>? _warmUp;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopped;
    private Task _creator = Task.CompletedTask;
    private bool _creating;

    // The caller's, where the pool was made from a snapshot.
    private readonly Snapshot? _lent;

    // What sandboxes begin with and go back to; there is one as soon as there is a sandbox to rent.
    private Snapshot? _snapshot;

    // Under the lock.
    private void CreateWhatIsMissing()
    {
        if (IsMissing(ahead: true))
        {
            StartCreator();
        }
    }

    // Under the lock.
    private bool IsMissing(bool ahead) => !_disposed && HasRoom && (_waiting.Count > 0 || (ahead && _ready.Count < _keptReady));

    // Under the lock. Not on the thread pool, which a guest that takes its time to start would occupy, and not with the context of whoever happens
    // to rent now.
    private void StartCreator()
    {
        if (!_creating)
        {
            using AsyncFlowControl flow = ExecutionContext.SuppressFlow();
            _creator = Task.Factory.StartNew(
                CreateAll, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
            _creating = true;
        }
    }

    private void CreateAll()
    {
        // What failed is tried again for those who wait, each of whom learns what came of it, but not ahead: that would never end.
        bool failed = false;
        while (TryBegin(ahead: !failed))
        {
            try
            {
                Add(Create());
                failed = false;
            }
            catch (Exception exception)
            {
                FailFirst(exception);
                failed = true;
            }
        }
    }

    private bool TryBegin(bool ahead)
    {
        lock (_lock)
        {
            return _creating = IsMissing(ahead);
        }
    }

    private void Add(Sandbox sandbox)
    {
        bool kept;
        lock (_lock)
        {
            kept = TryKeep(sandbox);
        }

        if (!kept)
        {
            sandbox.Dispose();
        }
    }

    private void FailFirst(Exception exception)
    {
        lock (_lock)
        {
            if (_waiting.First is { } first)
            {
                _waiting.RemoveFirst();
                first.Value.SetException(exception);
            }
        }
    }

    private Sandbox Create() => _snapshot?.CreateSandbox(_configure) ?? CreateFirst();

    private Sandbox CreateFirst()
    {
        Sandbox first = _start(_configure, _stopped);
        try
        {
            if (_warmUp is not null)
            {
                using CancellationTokenRegistration registration = _stopped.UnsafeRegister(static sandbox => ((Sandbox)sandbox!).Dispose(), first);
                _warmUp(first);
                first.ForgetSnapshot();
            }

            Snapshot snapshot = first.Snapshot();
            lock (_lock)
            {
                _snapshot = snapshot;
                if (_disposed)
                {
                    FreeSnapshot();
                }
            }

            // Like all others from its first rent on, and out of the warm-up's reach.
            first = first.Renew() ?? throw new ObjectDisposedException(nameof(Sandbox), "The warm-up left a call running in its sandbox, or disposed it.");
            first.Restore(snapshot);
            return first;
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    // Under the lock.
    private void FreeSnapshot()
    {
        if (_snapshot != _lent)
        {
            _snapshot?.Dispose();
        }
    }
}
