using Hyperlight.Watch;

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

    private readonly ThreadStarter _startThread;

    // The pool's own handle of the image or snapshot that sandboxes are started from.
    private readonly IDisposable _source;

    // What sandboxes begin with and go back to; there is one as soon as there is a sandbox to rent.
    private Snapshot? _snapshot;

    // Under the lock. Where no thread can be started, the next rent or return tries again. Who waits meanwhile gets what is returned; where nothing can
    // be, nobody is left to wait for ever.
    private void CreateWhatIsMissing()
    {
        if (!IsMissing(ahead: true))
        {
            return;
        }

        try
        {
            StartCreator();
        }
        catch (HyperlightException exception)
        {
            while (_rented == 0 && FailFirstWaiter(exception))
            {
            }
        }
    }

    // Under the lock.
    private bool IsMissing(bool ahead) => !_disposed && HasRoom && (_waiting.Count > 0 || (ahead && _ready.Count < _keptReady));

    // Under the lock. Not on the thread pool, which a guest that takes its time to start would occupy, and not with the context of whoever happens
    // to rent now.
    private void StartCreator()
    {
        if (_creating)
        {
            return;
        }

        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _startThread("Hyperlight pool", () =>
        {
            CreateAll();
            ended.SetResult();
        });
        _creator = ended.Task;
        _creating = true;
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
        using (_lock.Enter())
        {
            return _creating = IsMissing(ahead);
        }
    }

    private void Add(Sandbox sandbox)
    {
        bool kept;
        using (_lock.Enter())
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
        using (_lock.Enter())
        {
            FailFirstWaiter(exception);
        }
    }

    // Under the lock.
    private bool FailFirstWaiter(Exception exception)
    {
        if (_waiting.First is not { } first)
        {
            return false;
        }

        _waiting.RemoveFirst();
        first.Value.SetException(exception);
        return true;
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
            }

            Snapshot snapshot = first.TakeSnapshot();
            using (_lock.Enter())
            {
                _snapshot = snapshot;
                _source.Dispose();
                if (_disposed)
                {
                    snapshot.Dispose();
                }
            }

            // Like all others from its first rent on, and out of the warm-up's reach.
            first = first.PassOn() ?? throw new ObjectDisposedException(nameof(Sandbox), "The warm-up left a call running in its sandbox, or disposed it.");
            first.Restore(snapshot);
            return first;
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }
}
