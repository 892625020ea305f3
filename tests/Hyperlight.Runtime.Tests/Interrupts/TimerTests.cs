using Hyperlight.Hypervisors;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Watch;

namespace Hyperlight.Runtime.Tests.Interrupts;

/// <summary>Tests the timer and HLT in guests with hardware interrupts (i686 sheet, section 6.4).</summary>
public sealed class TimerTests
{
    public static TheoryData<string> Guests => TickingGuest.Names;

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(Guests))]
    public void Ticks_arrive_and_a_HLT_waits_for_them(string name)
    {
        using TestGuest guest = TickingGuest.Bake(name);
        using Sandbox sandbox = guest.Start();

        uint first = sandbox.Call<uint>("Count", 5u, TickingGuest.Period);
        uint second = sandbox.Call<uint>("Count", 5u, TickingGuest.Period);

        Assert.True(guest.Image.HardwareInterrupts);
        Assert.InRange(first, 5u, uint.MaxValue);
        Assert.InRange(second, first + 5, uint.MaxValue);
        Assert.Equal(0, sandbox.TimerPeriod);
    }

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(Guests))]
    public void A_period_of_0_stops_the_timer(string name)
    {
        using TestGuest guest = TickingGuest.Bake(name);
        using Sandbox clock = guest.Start();
        List<long> periods = [];
        using Sandbox sandbox = TickingGuest.StartWithClock(guest, clock, sandbox => periods.Add(sandbox.TimerPeriod));

        uint running = sandbox.Call<uint>("CountDuringHostCall", TickingGuest.Period, TickingGuest.Period);
        uint stopped = sandbox.Call<uint>("CountDuringHostCall", TickingGuest.Period, 0u);

        // A tick that came while the timer was stopped may be counted late.
        Assert.InRange(running, 1u, uint.MaxValue);
        Assert.InRange(stopped, 0u, 1u);
        Assert.Equal([TickingGuest.Period, 0], periods);
    }

    [KvmTheory(Needs.Interrupts)]
    [InlineData(1u, 100)]
    [InlineData(99u, 100)]
    [InlineData(101u, 101)]
    [InlineData(10_000_001u, 10_000_000)]
    [InlineData(uint.MaxValue, 10_000_000)]
    public void A_period_that_is_not_allowed_becomes_the_nearest_that_is(uint asked, long period)
    {
        using TestGuest guest = TickingGuest.Bake("ticks");
        using Sandbox clock = guest.Start();
        long seen = 0;
        using Sandbox sandbox = TickingGuest.StartWithClock(guest, clock, sandbox => seen = sandbox.TimerPeriod);

        sandbox.Call("Latch", asked);

        Assert.Equal(period, seen);
    }

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(Guests))]
    public void The_timer_stops_with_the_call(string name)
    {
        using TestGuest guest = TickingGuest.Bake(name);
        using Sandbox sandbox = guest.Start();

        sandbox.Call("LeaveRunning", 100u);

        Assert.Equal(0, sandbox.TimerPeriod);
        Assert.Equal(SandboxState.Ready, sandbox.State);
    }

    [KvmTheory(Needs.Interrupts)]
    [CombinatorialGuests("Idle", 2000u)]
    [CombinatorialGuests("Idle", 0u)]
    [CombinatorialGuests("HaltForEver", null)]
    public void A_guest_that_halts_is_stopped_at_its_deadline_and_a_restore_wakes_it(string name, string function, uint? period)
    {
        using TestGuest guest = TickingGuest.Bake(name);
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        GuestValue[] arguments = period is { } microseconds ? [microseconds] : [];

        Assert.Throws<TimeoutException>(
            () => sandbox.Call(function, new CallOptions { Timeout = TimeSpan.FromMilliseconds(50) }, arguments));
        Assert.Equal((SandboxState.Poisoned, 0), (sandbox.State, sandbox.TimerPeriod));

        sandbox.Restore(snapshot);
        Assert.InRange(sandbox.Call<uint>("Count", 2u, TickingGuest.Period), 2u, uint.MaxValue);
    }

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(Guests))]
    public async Task A_guest_that_halts_is_stopped_by_its_token(string name)
    {
        using TestGuest guest = TickingGuest.Bake(name);
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(TestCanceled);
        using Sandbox clock = guest.Start();
        using Sandbox sandbox = guest.Start();

        Task idle = sandbox.CallAsync<GuestValue>("Idle", new CallOptions { CancellationToken = source.Token }, TickingGuest.Period);
        clock.Call<uint>("Count", 3u, TickingGuest.Period);
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => idle);
        Assert.Equal(0, sandbox.TimerPeriod);
    }

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(Guests))]
    public async Task A_guest_that_halts_is_stopped_by_a_disposal(string name)
    {
        using TestGuest guest = TickingGuest.Bake(name);
        using ManualResetEventSlim started = new();
        using Sandbox clock = guest.Start();
        Sandbox sandbox = TickingGuest.StartWithClock(guest, clock, _ => started.Set());

        Task idle = Task.Run(
            () =>
            {
                sandbox.Call("Latch", TickingGuest.Period);
                sandbox.Call("Idle", TickingGuest.Period);
            },
            TestCanceled);
        started.Wait(TestCanceled);
        sandbox.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => idle);
        Assert.Equal(0, sandbox.TimerPeriod);
    }

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(Guests))]
    public async Task Sandboxes_with_timers_do_not_disturb_each_other(string name)
    {
        using TestGuest guest = TickingGuest.Bake(name);
        Sandbox[] sandboxes = [guest.Start(), guest.Start(), guest.Start()];

        uint[] ticks = await Task.WhenAll(
            sandboxes.Select((sandbox, i) => sandbox.CallAsync<uint>("Count", 10u, TickingGuest.Period + (uint)i)));
        uint before = sandboxes[0].Call<uint>("Total");
        sandboxes[1].Call<uint>("Count", 10u, TickingGuest.Period);

        Assert.All(ticks, count => Assert.InRange(count, 10u, uint.MaxValue));
        Assert.Equal(before, sandboxes[0].Call<uint>("Total"));
        Assert.Equal(0u, sandboxes[0].Call<uint>("Pending") / 2); // One tick may have been on its way when the timer was stopped.
        Assert.All(sandboxes, sandbox => sandbox.Dispose());
    }

    [Fact]
    public void A_timer_signals_each_period_until_it_is_stopped()
    {
        using IWaitableSignal line = Hypervisor.Chosen.CreateSignal();
        using Ticker ticker = new(Hypervisor.Chosen.CreateSignal);
        GuestTimer timer = new(ticker, line);
        GuestTimer other = new(ticker, line);

        timer.Start(GuestTimer.ShortestPeriod);
        other.Start(GuestTimer.LongestPeriod);
        line.Wait(-1);
        line.Wait(-1);
        timer.Stop();
        timer.Stop();
        Assert.Equal(1, ticker.Count);
        Assert.Equal((0, (long)GuestTimer.LongestPeriod), (timer.Period, other.Period));

        timer.Start(GuestTimer.ShortestPeriod);
        line.Wait(-1);
        timer.Start(GuestTimer.ShortestPeriod);
        line.Wait(-1);
        other.Stop();
        Assert.Equal(1, ticker.Count);
        timer.Start(0);
        Assert.Equal(0, ticker.Count);
    }

    /// <summary>Gives a test the same arguments for each guest.</summary>
    [AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
    private sealed class CombinatorialGuestsAttribute(string function, object? period) : Xunit.v3.DataAttribute
    {
        public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(
            System.Reflection.MethodInfo testMethod, Xunit.Sdk.DisposalTracker disposalTracker) =>
            new(Guests.Select(row => (ITheoryDataRow)new TheoryDataRow(row.Data, function, period)).ToArray());

        public override bool SupportsDiscoveryEnumeration() => true;
    }
}
