using Hyperlight.Concurrency;
using Hyperlight.Telemetry;

namespace Hyperlight;

/// <summary>
/// Sandboxes of one guest, started and ready to be rented. The guest runs its initialisation once; every sandbox begins with the snapshot taken
/// after it, and is set back to that when it is returned, before anybody else gets it. May be used from any thread.
/// <code>
///   image or snapshot ──► first sandbox ──► warm-up ──► snapshot ──► created ──► ready ──► rented
///                                                                      ▲           ▲          │
///                                                                      │           └ restored ┤ returned
///                                                                      └───── disposed ◄──────┘
/// </code>
/// </summary>
/// <example>
/// <code>
/// await using SandboxPool pool = new(Guests.Hello, options =&gt;
/// {
///     options.MaxCount = 64;
///     options.ReadyCount = 8;
///     options.Configure = sandbox =&gt; sandbox.CallTimeout = TimeSpan.FromSeconds(1);
/// });
/// using SandboxLease lease = await pool.RentAsync();
/// Console.WriteLine(lease.Sandbox.Call&lt;string&gt;("SayHello", "World"));
/// </code>
/// </example>
public sealed partial class SandboxPool : IDisposable, IAsyncDisposable
{
    private readonly SteadyLock _lock = new();
    private readonly int _maxCount;
    private readonly int _keptReady;

    // Every sandbox is in one of three places: ready, rented, or in the hands of the creator, which makes one at a time. Nobody waits while one is ready.
    private readonly Stack<Sandbox> _ready = [];
    private readonly LinkedList<TaskCompletionSource<SandboxLease>> _waiting = [];
    private int _rented;
    private volatile bool _disposed;

#pragma warning disable RS0026 // No call fits both constructors, whatever it leaves out: the first argument is an image or a snapshot.
    /// <summary>Creates a pool. The first sandboxes start in the background.</summary>
    /// <param name="image">The guest. It stays the caller's, who may dispose it at any time: the pool keeps what it needs.</param>
    /// <param name="configure">Sets the options; <c>null</c> for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The image is disposed.</exception>
    public SandboxPool(GuestImage image, Action<SandboxPoolOptions>? configure = null)
        : this(OptionsOf(configure), (image ?? throw new ArgumentNullException(nameof(image))).Share())
    {
    }

    /// <summary>Creates a pool. The first sandboxes are created in the background.</summary>
    /// <param name="snapshot">What sandboxes begin with. It stays the caller's, who may dispose it at any time: the pool keeps what it needs.</param>
    /// <param name="configure">
    /// Sets the options; <c>null</c> for the defaults. <see cref="SandboxPoolOptions.Configure"/> must add the host functions that the
    /// snapshot's sandbox had.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A count is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The snapshot is disposed.</exception>
    public SandboxPool(Snapshot snapshot, Action<SandboxPoolOptions>? configure = null)
        : this(OptionsOf(configure), (snapshot ?? throw new ArgumentNullException(nameof(snapshot))).Share())
    {
    }

#pragma warning restore RS0026

    private SandboxPool(SandboxPoolOptions options, GuestImage image)
        : this(image.Name, options, image, image.CreateSandbox)
    {
    }

    private SandboxPool(SandboxPoolOptions options, Snapshot snapshot)
        : this(snapshot.GuestName, options, snapshot, snapshot.CreateSandbox)
    {
    }

    private SandboxPool(
        string name, SandboxPoolOptions options, IDisposable source, Func<Action<SandboxOptions>?, CancellationToken, Sandbox> start)
    {
        GuestName = name;
        _maxCount = options.MaxCount;
        _keptReady = options.ReadyCount;
        _configure = options.Configure;
        _warmUp = options.WarmUp;
        _startThread = options.StartThread;
        _source = source;
        _start = start;
        _stopped = _stop.Token;
        Measures.AddPool(this, new(GuestName, () => Depth));
        using (_lock.Enter())
        {
            CreateWhatIsMissing();
        }
    }

    /// <summary>The guest's name.</summary>
    public string GuestName { get; }

    /// <summary>How many sandboxes can be rented without waiting.</summary>
    public int ReadyCount => Depth.Ready;

    /// <summary>How many sandboxes are rented.</summary>
    public int RentedCount => Depth.Rented;

    /// <summary>How many callers of <see cref="RentAsync"/> wait.</summary>
    public int WaitingCount => Depth.Waiting;

    /// <summary>The three counts at one moment.</summary>
    internal (int Ready, int Rented, int Waiting) Depth
    {
        get
        {
            using (_lock.Enter())
            {
                return (_ready.Count, _rented, _waiting.Count);
            }
        }
    }

    private bool HasRoom => _ready.Count + _rented < _maxCount;

    /// <summary>
    /// Ends the pool: who waits gets an <see cref="ObjectDisposedException"/>, ready sandboxes are disposed now and rented ones when they are returned.
    /// A start in the background is stopped, which this method does not wait for.
    /// </summary>
    public void Dispose()
    {
        Sandbox[] ready;
        TaskCompletionSource<SandboxLease>[] waiting;
        using (_lock.Enter())
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            ready = [.. _ready];
            waiting = [.. _waiting];
            _ready.Clear();
            _waiting.Clear();
            _source.Dispose();
            _snapshot?.Dispose();
        }

        Measures.RemovePool(this);
        Array.ForEach(waiting, waiter => waiter.SetException(new ObjectDisposedException(nameof(SandboxPool))));
        Array.ForEach(ready, sandbox => sandbox.Dispose());
        Steady.Wait(static stop => stop.Cancel(), _stop);
        _stop.Dispose();
    }

    /// <summary>Ends the pool as <see cref="Dispose"/> does, and waits until nothing is created in the background any more; not for rented sandboxes.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        Task creator;
        using (_lock.Enter())
        {
            creator = _creator;
        }

        await creator.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        (int ready, int rented, int waiting) = Depth;
        return $"{GuestName} ({ready} ready, {rented} rented, {waiting} waiting)";
    }

    /// <summary>Takes back what a lease had. It is set back here and not when it is rented: what a tenant left does not stay in memory, and the next one does not wait for it.</summary>
    internal void Return(Sandbox used)
    {
        Sandbox? restored = null;
        try
        {
            restored = Restore(used);
        }
        finally
        {
            bool kept;
            using (_lock.Enter())
            {
                _rented--;
                kept = restored is not null && TryKeep(restored);
                CreateWhatIsMissing();
            }

            if (!kept)
            {
                restored?.Dispose();
            }
        }
    }

    private static SandboxPoolOptions OptionsOf(Action<SandboxPoolOptions>? configure)
    {
        SandboxPoolOptions options = new();
        configure?.Invoke(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxCount, 1, nameof(options.MaxCount));
        ArgumentOutOfRangeException.ThrowIfNegative(options.ReadyCount, nameof(options.ReadyCount));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.ReadyCount, options.MaxCount, nameof(options.ReadyCount));
        return options;
    }

    private Sandbox? Restore(Sandbox used)
    {
        if (_disposed)
        {
            used.Dispose();
            return null;
        }

        if (used.PassOn() is { } renewed)
        {
            try
            {
                renewed.Restore(_snapshot!);
                return renewed;
            }
            catch (Exception)
            {
                // Whatever it was, which the span and the duration of the restore say: nobody gets this sandbox again.
                renewed.Dispose();
            }
        }

        Measures.AddReplacedSandbox(GuestName);
        return null;
    }

    // Under the lock.
    private SandboxLease Lend(Sandbox sandbox)
    {
        _rented++;
        return new(this, sandbox);
    }

    // Under the lock.
    private bool TryKeep(Sandbox sandbox)
    {
        if (_disposed)
        {
            return false;
        }

        if (_waiting.First is { } first)
        {
            _waiting.RemoveFirst();
            first.Value.SetResult(Lend(sandbox));
        }
        else
        {
            _ready.Push(sandbox);
        }

        return true;
    }
}
