using System.Collections.Concurrent;
using Hyperlight.Watch;

namespace Hyperlight.Runtime.Tests.Watch;

public sealed class WatchdogTests : IDisposable
{
    private const long FarAway = 3_600_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Watchdog _watchdog = new();
    private readonly BlockingCollection<int> _rung = [];

    public void Dispose()
    {
        _watchdog.Dispose();
        _rung.Dispose();
    }

    [Fact]
    public void Alarms_ring_in_the_order_they_are_due()
    {
        long now = Watchdog.Now;
        foreach (int number in (int[])[3, 1, 4, 2])
        {
            Alarm(number).Set(now + (number * 50));
        }

        Assert.Equal([1, 2, 3, 4], Take(4));
        Assert.Equal(0, _watchdog.Count);
    }

    [Fact]
    public void An_earlier_alarm_does_not_wait_for_a_later_one()
    {
        Alarm(1).Set(Watchdog.Now + FarAway);

        Alarm(2).Set(Watchdog.Now + 10);

        Assert.Equal([2], Take(1));
        Assert.Equal(1, _watchdog.Count);
    }

    [Fact]
    public void An_alarm_in_the_past_rings_at_once()
    {
        Alarm(1).Set(long.MinValue);

        Assert.Equal([1], Take(1));
    }

    [Fact]
    public void An_alarm_that_is_moved_rings_once_at_its_new_time()
    {
        Alarm moved = Alarm(1);
        moved.Set(Watchdog.Now + 10_000);
        moved.Set(Watchdog.Now + FarAway);
        moved.Set(Watchdog.Now + 20);

        Assert.Equal([1], Take(1));
        Assert.Equal(0, _watchdog.Count);
    }

    [Fact]
    public void An_alarm_that_is_cancelled_does_not_ring()
    {
        Alarm cancelled = Alarm(1);
        cancelled.Set(Watchdog.Now + 100);
        cancelled.Cancel();
        cancelled.Cancel();
        Alarm(2).Set(Watchdog.Now + 300);

        Assert.Equal([2], Take(1));
    }

    [Fact]
    public void An_alarm_may_set_itself_again()
    {
        int left = 3;
        Alarm? again = null;
        again = new(_watchdog, () =>
        {
            _rung.Add(left, TestCanceled);
            if (--left > 0)
            {
                again!.Set(Watchdog.Now + 5);
            }
        });

        again.Set(Watchdog.Now);

        Assert.Equal([3, 2, 1], Take(3));
    }

    [Fact]
    public void Many_alarms_set_moved_and_cancelled_at_random_ring_in_order()
    {
        Random random = new(20250617);
        long start = Watchdog.Now + 60_000;
        Dictionary<int, long> due = [];
        Alarm[] alarms = [.. Enumerable.Range(0, 500).Select(Alarm)];
        for (int i = 0; i < 5000; i++)
        {
            int number = random.Next(alarms.Length);
            due.Remove(number);
            if (random.Next(4) == 0)
            {
                alarms[number].Cancel();
                continue;
            }

            due[number] = start + random.Next(1_000_000);
            alarms[number].Set(due[number]);
        }

        Assert.Equal(due.Count, _watchdog.Count);
        foreach ((int number, int order) in due.OrderBy(pair => pair.Value).Select((pair, order) => (pair.Key, order)).Reverse())
        {
            // The order is from the last alarm to the first, so that each alarm becomes the earliest.
            alarms[number].Set(order - 1_000_000);
            Assert.Equal([number], Take(1));
        }

        Assert.Equal(0, _watchdog.Count);
    }

    [Fact]
    public void Setting_and_cancelling_allocates_nothing()
    {
        Alarm alarm = Alarm(1);
        alarm.Set(Watchdog.Now + FarAway);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 100; i++)
        {
            alarm.Set(Watchdog.Now + FarAway - i);
            alarm.Cancel();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private Alarm Alarm(int number) => new(_watchdog, () => _rung.Add(number, TestCanceled));

    private int[] Take(int count) =>
        [.. Enumerable.Range(0, count).Select(
            _ => _rung.TryTake(out int number, (int)Patience.TotalMilliseconds, TestCanceled) ? number : -1)];
}
