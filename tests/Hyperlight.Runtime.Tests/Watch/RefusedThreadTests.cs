using Hyperlight.Concurrency;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Interrupts;
using Hyperlight.Runtime.Tests.Pool;
using Hyperlight.Watch;

namespace Hyperlight.Runtime.Tests.Watch;

/// <summary>Tests timeouts, timers and pools while the operating system starts no thread, and after that.</summary>
public sealed class RefusedThreadTests
{
    private volatile bool _isRefused = true;
    private int _attempts;

    [KvmFact]
    public void A_call_without_a_watchdog_fails_and_the_next_one_has_its_timeout()
    {
        using CancellationTokenSource patience = new(PoolGuest.Patience);
        CallOptions brief = new() { Timeout = TimeSpan.FromMilliseconds(50), CancellationToken = patience.Token };
        using TestGuest guest = new("misbehave");
        using Watchdog watchdog = new(Start);
        using Sandbox sandbox = guest.Start(options =>
        {
            options.Watchdog = watchdog;
            options.StartTimeout = Timeout.InfiniteTimeSpan;
        });

        for (int i = 1; i <= 2; i++)
        {
            Assert.Equal(Rules.ThreadNotStarted, Assert.Throws<HyperlightException>(() => sandbox.Call("Spin", brief)).Finding!.Rule);
            Assert.Equal((i, SandboxState.Ready), (_attempts, sandbox.State));
        }

        Assert.Equal(42, sandbox.Call<int>("DataWord", new CallOptions { Timeout = Timeout.InfiniteTimeSpan }));
        _isRefused = false;
        Assert.Throws<TimeoutException>(() => sandbox.Call("Spin", brief));
    }

    [KvmFact]
    public void A_start_without_a_watchdog_fails_and_leaves_nothing()
    {
        using TestGuest guest = new("misbehave");
        using Watchdog watchdog = new(Start);

        HyperlightException refused = Assert.Throws<HyperlightException>(() => guest.Start(options => options.Watchdog = watchdog));

        Assert.Contains("HL5005", refused.Message, StringComparison.Ordinal);
        _isRefused = false;
        using Sandbox sandbox = guest.Start(options => options.Watchdog = watchdog);
        Assert.Equal(42, sandbox.Call<int>("DataWord"));
    }

    [KvmFact(Needs.Interrupts)]
    public void A_guest_s_timer_that_cannot_run_fails_the_call_and_ticks_after_a_restore()
    {
        using TestGuest guest = TickingGuest.Bake("ticks");
        using Ticker ticker = new(Hypervisor.Chosen.CreateSignal, Start);
        using Sandbox sandbox = guest.Start(options => options.Ticker = ticker);
        using Snapshot snapshot = sandbox.TakeSnapshot();

        HyperlightException refused = Assert.Throws<HyperlightException>(() => sandbox.Call<uint>("Count", 1u, TickingGuest.Period));

        Assert.Equal(Rules.ThreadNotStarted, refused.Finding!.Rule);
        Assert.Equal((0, 0), (ticker.Count, sandbox.TimerPeriod));
        _isRefused = false;
        sandbox.Restore(snapshot);
        Assert.InRange(sandbox.Call<uint>("Count", 1u, TickingGuest.Period), 1u, uint.MaxValue);
    }

    [KvmFact]
    public async Task A_pool_that_has_no_thread_refuses_rents_loses_nothing_and_heals()
    {
        using TestGuest guest = new("misbehave");
        using SandboxPool pool = new(guest.Image, options => (options.MaxCount, options.ReadyCount, options.StartThread) = (2, 1, Start));
        HyperlightException refused = await Assert.ThrowsAsync<HyperlightException>(async () => await pool.RentAsync(TestCanceled));
        Assert.Equal(Rules.ThreadNotStarted, refused.Finding!.Rule);
        _isRefused = false;
        SandboxLease first = await pool.RentAsync(TestCanceled);
        await PoolGuest.Until(() => pool.ReadyCount == 1);
        _isRefused = true;

        // A sandbox is ready. The rent succeeds although no other sandbox can be created in its place.
        SandboxLease second = await pool.RentAsync(TestCanceled);
        Task<SandboxLease> waiter = pool.RentAsync(TestCanceled).AsTask();
        PoolGuest.Ruin(first.Sandbox);
        first.Dispose();
        Assert.Equal((0, 1, 1), (pool.ReadyCount, pool.RentedCount, pool.WaitingCount));
        PoolGuest.Ruin(second.Sandbox);
        second.Dispose();
        Assert.Equal(Rules.ThreadNotStarted, (await Assert.ThrowsAsync<HyperlightException>(() => waiter)).Finding!.Rule);

        _isRefused = false;
        using SandboxLease third = await pool.RentAsync(TestCanceled), fourth = await pool.RentAsync(TestCanceled);
        Assert.Equal((PoolGuest.Untouched, PoolGuest.Untouched), (PoolGuest.Word(third), PoolGuest.Word(fourth)));
    }

    private void Start(string name, Action run)
    {
        Interlocked.Increment(ref _attempts);
        if (_isRefused)
        {
            throw BackgroundThread.Refused(name, new InsufficientMemoryException());
        }

        BackgroundThread.Start(name, run);
    }
}
