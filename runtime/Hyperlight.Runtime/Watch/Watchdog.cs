using Hyperlight.Concurrency;

namespace Hyperlight.Watch;

/// <summary>
/// Rings alarms when they are due, on a thread of its own, so that timeouts work also in a program whose pool threads all wait for guests.
/// The first alarm starts the thread. The thread sleeps until the earliest alarm, and never keeps the process alive.
/// <code>
///   Alarm.Set ──► heap of alarms, the earliest at 0 ──► thread: rings what is due, sleeps until the next
/// </code>
/// </summary>
/// <param name="startThread">Starts the thread; <c>null</c> for a thread of the operating system.</param>
internal sealed class Watchdog(ThreadStarter? startThread = null) : IDisposable
{
    /// <summary>A time that never comes.</summary>
    public const long Never = long.MaxValue;

    private readonly SteadyLock _lock = new();
    private readonly AutoResetEvent _wake = new(initialState: false);

    // A binary heap. Each alarm knows its index. The heap grows to the largest number of alarms that were set at one time.
    private Alarm[] _heap = new Alarm[16];
    private int _count;
    private bool _runs;
    private bool _disposed;

    /// <summary>Gets the watchdog of this process.</summary>
    public static Watchdog Shared { get; } = new();

    /// <summary>Gets the time of the clock of all alarms: milliseconds since some moment. The clock is never set back.</summary>
    public static long Now => Environment.TickCount64;

    /// <summary>Gets the number of alarms that are set.</summary>
    public int Count
    {
        get
        {
            using (_lock.Enter())
            {
                return _count;
            }
        }
    }

    /// <summary>Ends the thread. No alarm rings any more. Only tests dispose a watchdog.</summary>
    public void Dispose()
    {
        using (_lock.Enter())
        {
            _disposed = true;
        }

        _wake.Set();
    }

    /// <summary>Sets an alarm, or moves it. The time grows with the logarithm of the number of alarms.</summary>
    /// <param name="alarm">The alarm.</param>
    /// <param name="due">
    /// The time at which the alarm rings, in milliseconds of <see cref="Now"/>; <see cref="Never"/> takes the alarm away.
    /// </param>
    /// <exception cref="HyperlightException">
    /// HL5005: the thread cannot be started. The alarm is not set, and the next call tries again.
    /// </exception>
    public void Set(Alarm alarm, long due)
    {
        bool earlier;
        using (_lock.Enter())
        {
            Remove(alarm);
            if (due == Never)
            {
                return;
            }

            if (!_runs)
            {
                (startThread ?? BackgroundThread.Start)("Hyperlight watchdog", Run);
                _runs = true;
            }

            alarm.Due = due;
            Add(alarm);
            earlier = alarm.Place == 0;
        }

        if (earlier)
        {
            _wake.Set();
        }
    }

    // A time beyond the range of one wait is reached in several waits.
    private static int DelayUntil(long due)
    {
        long now = Now;
        return due <= now ? 0 : (int)Math.Min(due - now, int.MaxValue);
    }

    private void Run()
    {
        while (true)
        {
            Alarm? ringing = null;
            int delay;
            using (_lock.Enter())
            {
                if (_disposed)
                {
                    return;
                }

                delay = _count == 0 ? Timeout.Infinite : DelayUntil(_heap[0].Due);
                if (delay == 0)
                {
                    ringing = _heap[0];
                    Remove(ringing);
                }
            }

            // The action runs outside the lock, because the action may set alarms, and it may wait for a lock whose holder sets an alarm.
            if (ringing is not null)
            {
                ringing.Ring();
            }
            else
            {
                _wake.WaitOne(delay);
            }
        }
    }

    private void Add(Alarm alarm)
    {
        if (_count == _heap.Length)
        {
            Array.Resize(ref _heap, _count * 2);
        }

        Place(alarm, _count++);
        Rise(alarm);
    }

    private void Remove(Alarm alarm)
    {
        if (alarm.Place < 0)
        {
            return;
        }

        Alarm last = _heap[--_count];
        _heap[_count] = null!;
        if (last != alarm)
        {
            Place(last, alarm.Place);
            Rise(last);
            Sink(last);
        }

        alarm.Place = -1;
    }

    private void Rise(Alarm alarm)
    {
        while (alarm.Place > 0)
        {
            Alarm parent = _heap[(alarm.Place - 1) / 2];
            if (parent.Due <= alarm.Due)
            {
                return;
            }

            Swap(alarm, parent);
        }
    }

    private void Sink(Alarm alarm)
    {
        while (true)
        {
            int child = (alarm.Place * 2) + 1;
            if (child >= _count)
            {
                return;
            }

            if (child + 1 < _count && _heap[child + 1].Due < _heap[child].Due)
            {
                child++;
            }

            if (_heap[child].Due >= alarm.Due)
            {
                return;
            }

            Swap(_heap[child], alarm);
        }
    }

    private void Swap(Alarm rising, Alarm sinking)
    {
        int place = rising.Place;
        Place(rising, sinking.Place);
        Place(sinking, place);
    }

    private void Place(Alarm alarm, int place)
    {
        _heap[place] = alarm;
        alarm.Place = place;
    }
}
