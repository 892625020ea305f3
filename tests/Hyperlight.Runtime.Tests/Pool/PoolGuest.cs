using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Snapshots;

namespace Hyperlight.Runtime.Tests.Pool;

/// <summary>Creates pools of a guest that can misbehave. A test can make the creation of sandboxes fail.</summary>
internal sealed class PoolGuest : IDisposable
{
    /// <summary>The initial value of the guest's data word.</summary>
    public const int Untouched = 42;

    /// <summary>The time that tests wait at most.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TestGuest _guest = new("misbehave");
    private int _attempts;

    public GuestImage Image => _guest.Image;

    /// <summary>The exception that the next creations of sandboxes throw; <c>null</c> if they succeed.</summary>
    public Exception? Obstacle { get; set; }

    /// <summary>The number of sandboxes that were created or that failed to be created.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    public SandboxPool Open(
        int maxCount, int readyCount = 0, Action<Sandbox>? warmUp = null, Action<SandboxOptions>? configure = null,
        Snapshot? snapshot = null, Action<SandboxPoolOptions>? configurePool = null)
    {
        void Configure(SandboxPoolOptions options)
        {
            (options.MaxCount, options.ReadyCount, options.WarmUp) = (maxCount, readyCount, warmUp);
            options.Configure = sandbox =>
            {
                Interlocked.Increment(ref _attempts);
                if (Obstacle is { } obstacle)
                {
                    throw obstacle;
                }

                configure?.Invoke(sandbox);
            };
            configurePool?.Invoke(options);
        }

        return snapshot is null ? new(Image, Configure) : new(snapshot, Configure);
    }

    /// <summary>Waits until the pool's background work fulfils a condition.</summary>
    public static async Task Until(Func<bool> condition)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestCanceled);
        patience.CancelAfter(Patience);
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Damages a sandbox so that no restore can heal it.</summary>
    public static void Ruin(Sandbox sandbox)
    {
        using Snapshot good = sandbox.TakeSnapshot();
        using Snapshot bad = UnmappableMemory.InsteadOf(good);
        Assert.Throws<SandboxUnrecoverableException>(() => sandbox.Restore(bad));
    }

    /// <summary>Reads the data word, which users of a sandbox change.</summary>
    public static int Word(SandboxLease lease) => lease.Sandbox.Call<int>("DataWord");

    public void Dispose() => _guest.Dispose();
}
