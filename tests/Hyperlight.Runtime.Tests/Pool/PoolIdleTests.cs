using Hyperlight.Runtime.Tests.Telemetry;

namespace Hyperlight.Runtime.Tests.Pool;

/// <summary>
/// Tests that a pool disposes the sandboxes that nobody needs any more. No other tests run at the same time, because a test counts the
/// sandboxes of the whole process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class PoolIdleTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Half = Timeout / 2;

    private readonly PoolGuest _guest = new();
    private readonly SteppingClock _clock = new();

    public void Dispose() => _guest.Dispose();

    [KvmFact]
    public async Task A_pool_that_grew_shrinks_to_its_minimum_and_grows_again()
    {
        using SandboxPool pool = Open(maxCount: 5, readyCount: 2);
        for (int round = 0; round < 2; round++)
        {
            await RentAndReturn(pool, 5);
            _clock.Advance(Timeout - TimeSpan.FromTicks(1));
            Assert.Equal(5, pool.ReadyCount);

            _clock.Advance(TimeSpan.FromTicks(1));
            Assert.Equal(2, pool.ReadyCount);

            _clock.Advance(Timeout * 100);
            Assert.Equal((2, 0), (pool.ReadyCount, _clock.SetTimerCount));
        }

        using SandboxLease lease = await pool.RentAsync(TestCanceled);
        Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(lease));
    }

    [KvmFact]
    public async Task A_sandbox_that_is_rented_now_and_then_is_not_idle()
    {
        using SandboxPool pool = Open(maxCount: 3);
        await RentAndReturn(pool, 3);

        _clock.Advance(Half);
        await RentAndReturn(pool, 1);
        _clock.Advance(Half);
        Assert.Equal(1, pool.ReadyCount);

        _clock.Advance(Half);
        Assert.Equal(0, pool.ReadyCount);
    }

    [KvmFact]
    public async Task One_timer_serves_all_sandboxes_and_ends_with_the_pool()
    {
        SandboxPool pool = Open(maxCount: 5, readyCount: 1);
        Assert.Equal((1, 0), (_clock.TimerCount, _clock.SetTimerCount));
        await RentAndReturn(pool, 5);
        Assert.Equal((1, 1), (_clock.TimerCount, _clock.SetTimerCount));

        await pool.DisposeAsync();

        Assert.Equal(0, _clock.TimerCount);
    }

    [KvmFact]
    public async Task A_pool_without_an_idle_timeout_keeps_its_sandboxes()
    {
        using SandboxPool pool = Open(maxCount: 3, timeout: System.Threading.Timeout.InfiniteTimeSpan);
        await RentAndReturn(pool, 3);

        _clock.Advance(TimeSpan.FromDays(365));

        Assert.Equal((3, 0), (pool.ReadyCount, _clock.TimerCount));
    }

    [KvmFact]
    public async Task Rents_and_the_disposal_of_the_pool_may_come_while_it_shrinks()
    {
        using Recorder recorder = new();
        double before = Sandboxes(recorder);
        for (int round = 0; round < 10; round++)
        {
            SandboxPool pool = Open(maxCount: 4);
            await RentAndReturn(pool, 4);
            using Barrier start = new(3);
            Task shrinking = Together(start, () => _clock.Advance(Timeout));
            Task renting = Together(start, () =>
            {
                try
                {
                    using SandboxLease lease = pool.Rent(TestCanceled);
                    Assert.Equal(PoolGuest.Untouched, PoolGuest.Word(lease));
                }
                catch (ObjectDisposedException)
                {
                }
            });
            start.SignalAndWait(TestCanceled);

            await pool.DisposeAsync();
            await Task.WhenAll(shrinking, renting);

            Assert.Equal((0, 0, before), (pool.ReadyCount, pool.RentedCount, Sandboxes(recorder)));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    public void A_timeout_that_is_not_positive_is_refused(int milliseconds) => Assert.Throws<ArgumentOutOfRangeException>(
        "IdleTimeout", () => Open(maxCount: 1, timeout: TimeSpan.FromMilliseconds(milliseconds)));

    // Before the first sandbox of the process there is no instrument.
    private static double Sandboxes(Recorder recorder) => recorder.ValuesOf("hyperlight.sandbox.count").LastOrDefault();

    private static Task Together(Barrier start, Action act) => Task.Run(() =>
    {
        start.SignalAndWait(TestCanceled);
        act();
    });

    private static async Task RentAndReturn(SandboxPool pool, int count)
    {
        List<SandboxLease> leases = [];
        for (int i = 0; i < count; i++)
        {
            leases.Add(await pool.RentAsync(TestCanceled));
        }

        await PoolGuest.Until(() => pool.ReadyCount + pool.RentedCount >= count);
        leases.ForEach(lease => lease.Dispose());
    }

    private SandboxPool Open(int maxCount, int readyCount = 0, TimeSpan? timeout = null) => _guest.Open(
        maxCount,
        readyCount,
        configurePool: options => (options.IdleTimeout, options.TimeProvider) = (timeout ?? Timeout, _clock));
}
