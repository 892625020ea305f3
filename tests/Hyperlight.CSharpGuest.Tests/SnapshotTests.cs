using System.Globalization;

namespace Hyperlight.CSharpGuest.Tests;

/// <summary>Takes snapshots of a running .NET guest and goes on from them.</summary>
public sealed class SnapshotTests(BasicsFixture basics) : IClassFixture<BasicsFixture>
{
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(2);

    [KvmFact(Needs.Sse)]
    public void A_restore_forgets_what_the_guest_did_since()
    {
        Sandbox sandbox = basics.Restored();
        Assert.Equal("1", sandbox.Call<string>("Check", "count"));
        using Snapshot one = sandbox.TakeSnapshot();
        Assert.Equal("2", sandbox.Call<string>("Check", "count"));
        sandbox.Call<string>("Check", "collect");
        sandbox.Call<string>("Check", "tasks");

        sandbox.Restore(one);

        Assert.Equal("2", sandbox.Call<string>("Check", "count"));
        Assert.Equal("42 7", sandbox.Call<string>("Check", "thread"));
    }

    [KvmFact(Needs.Sse)]
    public void Sandboxes_of_one_snapshot_go_their_own_ways()
    {
        Sandbox sandbox = basics.Restored();
        sandbox.Call<string>("Check", "count");
        using Snapshot one = sandbox.TakeSnapshot();
        using Sandbox first = one.CreateSandbox();
        using Sandbox second = one.CreateSandbox();

        first.Call<string>("Check", "count");

        Assert.Equal("3", first.Call<string>("Check", "count"));
        Assert.Equal("2", second.Call<string>("Check", "count"));
        Assert.Equal("0,1,4,9,16", second.Call<string>("Check", "async"));
    }

    [KvmFact(Needs.Sse)]
    public void A_saved_snapshot_goes_on_in_another_sandbox()
    {
        using TemporaryDirectory folder = new();
        Sandbox sandbox = basics.Restored();
        sandbox.Call<string>("Check", "count");
        using (Snapshot one = sandbox.TakeSnapshot())
        {
            one.Save(folder.Path, "one");
        }

        using Snapshot loaded = Snapshot.Load(folder.Path, "one");
        using Sandbox second = loaded.CreateSandbox();

        Assert.Equal("2", second.Call<string>("Check", "count"));
        Assert.Equal("28", second.Call<string>("Check", "tasks"));
    }

    /// <summary>Every source of random numbers is asked before the snapshot, so that each has its state in the snapshot.</summary>
    [KvmFact(Needs.Sse)]
    public void Sandboxes_of_one_snapshot_never_draw_the_same_random_numbers()
    {
        Sandbox sandbox = basics.Restored();
        string[] before = Draw(sandbox);
        using Snapshot one = sandbox.TakeSnapshot();
        using Sandbox clone = one.CreateSandbox();
        string[][] draws = [before, Draw(sandbox), Draw(clone), .. Enumerable.Range(0, 3).Select(_ =>
        {
            sandbox.Restore(one);
            return Draw(sandbox);
        })];

        foreach (int source in Enumerable.Range(0, before.Length))
        {
            Assert.Distinct(draws.Select(draw => draw[source]));
        }
    }

    /// <summary>The snapshot also has the state of the generators from which the guest drew at its start.</summary>
    [KvmFact(Needs.Sse)]
    public void Sandboxes_of_a_snapshot_of_the_start_draw_different_random_numbers()
    {
        using Sandbox first = basics.Start.CreateSandbox();
        using Sandbox second = basics.Start.CreateSandbox();

        Assert.All(Draw(first).Zip(Draw(second)), draws => Assert.NotEqual(draws.First, draws.Second));
    }

    [KvmFact(Needs.Sse)]
    public async Task A_guest_knows_the_date_and_the_time_also_after_a_restore()
    {
        Sandbox sandbox = basics.Restored();
        AssertNow(sandbox);
        using Snapshot one = sandbox.TakeSnapshot();
        using Sandbox clone = one.CreateSandbox();
        await Task.Delay(ClockTolerance + TimeSpan.FromMilliseconds(200));

        AssertNow(sandbox);
        sandbox.Restore(one);
        AssertNow(sandbox);
        AssertNow(clone);
    }

    [KvmFact(Needs.Sse)]
    public void A_guest_sees_a_jump_of_its_hosts_clock_after_the_next_restore()
    {
        JumpingClock clock = new();
        using Sandbox sandbox = basics.Start.CreateSandbox(options => options.TimeProvider = clock);
        AssertNow(sandbox);
        using Snapshot one = sandbox.TakeSnapshot();

        clock.Ahead = TimeSpan.FromDays(400);
        sandbox.Restore(one);
        AssertNow(sandbox, clock.Ahead);
        clock.Ahead = TimeSpan.FromDays(-4000);
        sandbox.Restore(one);
        AssertNow(sandbox, clock.Ahead);
        using Sandbox clone = one.CreateSandbox();
        AssertNow(clone);
    }

    [KvmFact(Needs.Sse)]
    public void The_clocks_of_a_guest_measure_how_long_it_sleeps()
    {
        Sandbox sandbox = basics.Restored();

        double[] milliseconds = [.. sandbox.Call<string>("Check", "sleep").Split(' ')
            .Select(text => double.Parse(text, CultureInfo.InvariantCulture))];

        Assert.All(milliseconds, elapsed => Assert.InRange(elapsed, 45, 2000));
    }

    [KvmFact(Needs.Sse)]
    public void The_monotonic_clock_does_not_go_back_at_a_restore()
    {
        Sandbox sandbox = basics.Restored();
        double before = Ticks(sandbox);
        using Snapshot one = sandbox.TakeSnapshot();
        double later = Ticks(sandbox);

        sandbox.Restore(one);

        Assert.True(before <= later && later <= Ticks(sandbox));
    }

    private static string[] Draw(Sandbox sandbox) => sandbox.Call<string>("Check", "random").Split(' ');

    private static double Ticks(Sandbox sandbox) => double.Parse(sandbox.Call<string>("Check", "ticks"), CultureInfo.InvariantCulture);

    private static void AssertNow(Sandbox sandbox, TimeSpan ahead = default)
    {
        DateTime there = new(long.Parse(sandbox.Call<string>("Check", "utc"), CultureInfo.InvariantCulture), DateTimeKind.Utc);
        DateTime now = DateTime.UtcNow + ahead;
        Assert.InRange(there, now - ClockTolerance, now + ClockTolerance);
    }
}
