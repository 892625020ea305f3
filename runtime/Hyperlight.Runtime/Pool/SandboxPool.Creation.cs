using Hyperlight.Concurrency;

namespace Hyperlight;

// The creation of sandboxes, one at a time, on a thread that ends when no sandbox is missing.
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

    // The snapshot with which sandboxes begin and to which they are set back; set before the first sandbox can be rented.
    private Snapshot? _snapshot;

    // Called under the lock. If no thread can be started, the next rent or return tries again. Callers that wait get sandboxes that are
    // returned; if no sandbox is rented, they get the failure, so that nobody waits for ever.
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

    // Called under the lock.
    private bool IsMissing(bool ahead) => !_disposed && HasRoom && (_waiting.Count > 0 || (ahead && _ready.Count < _keptReady));

    // Called under the lock. The thread is not one of the thread pool, which a guest with a long start would occupy, and it does not
    // inherit the context of the caller that rents.
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
        // After a failure the creation is tried again once for each caller that waits, and that caller gets the outcome. No sandbox is
        // created ahead of a caller then, because such attempts might fail without end.
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

    // Called under the lock.
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
                using CancellationTokenRegistration registration =
                    _stopped.UnsafeRegister(static sandbox => ((Sandbox)sandbox!).Dispose(), first);
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

            // From here on the first sandbox is like all others, and the warm-up has no access to it.
            first = first.PassOn()
                ?? throw new ObjectDisposedException(
                    nameof(Sandbox), "The warm-up left a call running in its sandbox, or disposed the sandbox.");
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
