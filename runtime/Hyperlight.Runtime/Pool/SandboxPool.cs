using Hyperlight.Concurrency;
using Hyperlight.Telemetry;

namespace Hyperlight;

/// <summary>
/// Started sandboxes of one guest, to be rented. The guest runs its initialisation once, after which the pool takes a snapshot. Each
/// sandbox begins with the snapshot, and is set back to the snapshot when it is returned, before it is rented again. Any thread may use a
/// pool.
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

    // Each sandbox is ready, rented, or with the creator, which creates one sandbox at a time. Nobody waits while a sandbox is ready.
    // The ready sandbox that became ready last is rented first, so that the first of the list has been idle longest.
    private readonly List<(Sandbox Sandbox, long Since)> _ready = [];
    private readonly LinkedList<TaskCompletionSource<SandboxLease>> _waiting = [];
    private int _rented;
    private volatile bool _disposed;

#pragma warning disable RS0026 // No call fits both constructors, whatever it leaves out: the first argument is an image or a snapshot.
    /// <summary>Creates a pool of sandboxes that start from an image. The first sandboxes are created in the background.</summary>
    /// <param name="image">The image, which the caller disposes. The caller may do so at any time.</param>
    /// <param name="configure">Sets the options; <c>null</c> for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count or the idle timeout is out of its range.</exception>
    /// <exception cref="HypervisorException">HL5013: a limit of Linux is too low for <see cref="SandboxPoolOptions.MaxCount"/>.</exception>
    /// <exception cref="ObjectDisposedException">The image is disposed.</exception>
    public SandboxPool(GuestImage image, Action<SandboxPoolOptions>? configure = null)
        : this(OptionsOf(configure), (image ?? throw new ArgumentNullException(nameof(image))).Share())
    {
    }

    /// <summary>Creates a pool of sandboxes that begin with a snapshot. The first sandboxes are created in the background.</summary>
    /// <param name="snapshot">The snapshot, which the caller disposes. The caller may do so at any time.</param>
    /// <param name="configure">
    /// Sets the options; <c>null</c> for the defaults. <see cref="SandboxPoolOptions.Configure"/> must add the host functions that the
    /// snapshot's sandbox had.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A count or the idle timeout is out of its range.</exception>
    /// <exception cref="HypervisorException">HL5013: a limit of Linux is too low for <see cref="SandboxPoolOptions.MaxCount"/>.</exception>
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
        _idleTimeout = options.IdleTimeout;
        _time = options.TimeProvider;
        _idleTimer = CreateIdleTimer();
        _source = source;
        _start = start;
        _stopped = _stop.Token;
        Measures.AddPool(this, new(GuestName, () => Depth));
        using (_lock.Enter())
        {
            CreateWhatIsMissing();
        }
    }

    /// <summary>Gets the guest's name.</summary>
    public string GuestName { get; }

    /// <summary>Gets the number of sandboxes that can be rented without waiting.</summary>
    public int ReadyCount => Depth.Ready;

    /// <summary>Gets the number of sandboxes that are rented.</summary>
    public int RentedCount => Depth.Rented;

    /// <summary>Gets the number of callers that wait for a sandbox.</summary>
    public int WaitingCount => Depth.Waiting;

    /// <summary>Gets the three counts of the same moment.</summary>
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
    /// Ends the pool. Callers that wait get an <see cref="ObjectDisposedException"/>. Ready sandboxes are disposed at once, and rented
    /// sandboxes when they are returned. A start in the background is stopped; this method does not wait for the end of the start.
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
            ready = [.. _ready.Select(entry => entry.Sandbox)];
            waiting = [.. _waiting];
            _ready.Clear();
            _waiting.Clear();
            _source.Dispose();
            _snapshot?.Dispose();
        }

        Measures.RemovePool(this);
        _idleTimer?.Dispose();
        Array.ForEach(waiting, waiter => waiter.SetException(new ObjectDisposedException(nameof(SandboxPool))));
        Array.ForEach(ready, sandbox => sandbox.Dispose());
        Steady.Wait(static stop => stop.Cancel(), _stop);
        _stop.Dispose();
    }

    /// <summary>
    /// Ends the pool as <see cref="Dispose"/> does, and waits until the creation and disposal of sandboxes in the background have ended.
    /// Rented sandboxes are not waited for.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        Task creator;
        using (_lock.Enter())
        {
            creator = _creator;
        }

        await creator.ConfigureAwait(false);
        if (_idleTimer is not null)
        {
            await _idleTimer.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        (int ready, int rented, int waiting) = Depth;
        return $"{GuestName} ({ready} ready, {rented} rented, {waiting} waiting)";
    }

    /// <summary>
    /// Takes back the sandbox of a lease. The sandbox is restored here and not when it is rented again, so that data of a tenant does not
    /// stay in memory, and the next tenant does not wait for the restore.
    /// </summary>
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
        SandboxSettings.CheckTimeout(options.IdleTimeout, nameof(options.IdleTimeout));
        if (Hypervisor.Chosen.CheckRoom(options.MaxCount) is { } finding)
        {
            throw new HypervisorException(finding);
        }

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
                // Another sandbox takes the place of this sandbox. The measures and the span of the restore tell the failure.
                renewed.Dispose();
            }
        }

        Measures.AddReplacedSandbox(GuestName);
        return null;
    }

    // Called under the lock.
    private SandboxLease Lend(Sandbox sandbox)
    {
        _rented++;
        return new(this, sandbox);
    }

    // Called under the lock.
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
            _ready.Add((sandbox, _time.GetTimestamp()));
            ShrinkLater();
        }

        return true;
    }
}
