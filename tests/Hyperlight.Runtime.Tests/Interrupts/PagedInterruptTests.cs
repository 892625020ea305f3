namespace Hyperlight.Runtime.Tests.Interrupts;

/// <summary>
/// Runs the tests of hardware interrupts with a guest that has 32-bit paging (i686 sheet, sections 6.4 and 7).
/// </summary>
public class PagedInterruptTests
{
    private const string Name = "ticks-paged";

    private readonly TimerTests _timer = new();
    private readonly InterruptSnapshotTests _snapshots = new();

    [KvmFact(Needs.Paging32 | Needs.Interrupts)]
    public void Ticks_arrive_and_a_HLT_waits_for_them() => _timer.Ticks_arrive_and_a_HLT_waits_for_them(Name);

    [KvmFact(Needs.Paging32 | Needs.Interrupts)]
    public void A_period_of_0_stops_the_timer() => _timer.A_period_of_0_stops_the_timer(Name);

    [KvmFact(Needs.Paging32 | Needs.Interrupts)]
    public void The_timer_stops_with_the_call() => _timer.The_timer_stops_with_the_call(Name);

    [KvmTheory(Needs.Paging32 | Needs.Interrupts)]
    [InlineData("Idle", 2000u)]
    [InlineData("HaltForEver", null)]
    public void A_guest_that_halts_is_stopped_at_its_deadline_and_a_restore_wakes_it(string function, uint? period) =>
        _timer.A_guest_that_halts_is_stopped_at_its_deadline_and_a_restore_wakes_it(Name, function, period);

    [KvmFact(Needs.Paging32 | Needs.Interrupts)]
    public void A_restore_brings_counters_and_controllers_back() => _snapshots.A_restore_brings_counters_and_controllers_back(Name);

    [KvmFact(Needs.Paging32 | Needs.Interrupts)]
    public void A_new_sandbox_goes_on_with_the_controllers_of_the_snapshot() =>
        _snapshots.A_new_sandbox_goes_on_with_the_controllers_of_the_snapshot(Name);

    [KvmFact(Needs.Paging32 | Needs.Interrupts)]
    public void A_tick_that_waits_belongs_to_the_snapshot() => _snapshots.A_tick_that_waits_belongs_to_the_snapshot(Name);
}
