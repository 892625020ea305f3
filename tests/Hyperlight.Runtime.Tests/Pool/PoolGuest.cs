using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Snapshots;

namespace Hyperlight.Runtime.Tests.Pool;

/// <summary>The misbehaving guest and pools of it. Its sandboxes can be made impossible to create, as when memory runs out.</summary>
internal sealed class PoolGuest : IDisposable
{
    /// <summary>What the guest's data word is at its start.</summary>
    public const int Untouched = 42;

    /// <summary>How long something may take that has to happen.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TestGuest _guest = new("misbehave");
    private int _attempts;

    public GuestImage Image => _guest.Image;

    /// <summary>What the next sandboxes cannot be created for, null when they can.</summary>
    public Exception? Obstacle { get; set; }

    /// <summary>How many sandboxes were created, or tried to be.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    private static CancellationToken TestCanceled => TestContext.Current.CancellationToken;

    public SandboxPool Open(
        int maxCount, int readyCount = 0, Action<Sandbox>? warmUp = null, Action<SandboxOptions>? configure = null,
        Snapshot? snapshot = null)
    {
        SandboxPoolOptions options = new()
        {
            MaxCount = maxCount,
            ReadyCount = readyCount,
            WarmUp = warmUp,
            Configure = sandbox =>
            {
                Interlocked.Increment(ref _attempts);
                if (Obstacle is { } obstacle)
                {
                    throw obstacle;
                }

                configure?.Invoke(sandbox);
            },
        };
        return snapshot is null ? new(Image, options) : new(snapshot, options);
    }

    /// <summary>Waits for something that the pool does in the background.</summary>
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

    /// <summary>Does to a sandbox what no restore heals.</summary>
    public static void Ruin(Sandbox sandbox)
    {
        using Snapshot good = sandbox.TakeSnapshot();
        using Snapshot bad = UnmappableMemory.InsteadOf(good);
        Assert.Throws<SandboxUnrecoverableException>(() => sandbox.Restore(bad));
    }

    /// <summary>Reads the word that tenants write.</summary>
    public static int Word(SandboxLease lease) => lease.Sandbox.Call<int>("DataWord");

    public void Dispose() => _guest.Dispose();
}
