using System.Diagnostics;
using Hyperlight.Concurrency;
using Hyperlight.Hypervisors;

namespace Hyperlight.Watch;

/// <summary>
/// Runs the timers of all guests on one thread of its own. It is not the watchdog's: guests choose how much there is to do here, and what they
/// choose must not delay a timeout. However many timers there are, the thread wakes once in 100 µs at most and then serves all that are due; where it
/// cannot keep up, guests get fewer ticks, none of them several at once.
/// <code>
///   GuestTimer.Start ──► timers that run ──► thread: signals what is due, sleeps until the next, rounded up to the grid
/// </code>
/// </summary>
/// <param name="createSignal">Creates the signal that wakes the thread.</param>
/// <param name="startThread">Starts the thread; null for one of the operating system.</param>
internal sealed class Ticker(Func<IWaitableSignal> createSignal, ThreadStarter? startThread = null) : IDisposable
{
    /// <summary>A time that never comes.</summary>
    private const long Never = long.MaxValue;

    // Microseconds between two times at which the thread may wake.
    private const long Grid = GuestTimer.ShortestPeriod;

    private static readonly long TicksPerMicrosecond = Stopwatch.Frequency / 1_000_000;

    private readonly SteadyLock _lock = new();
    private readonly List<GuestTimer> _running = [];
    private IWaitableSignal? _wake;
    private long _wakesAt;
    private bool _disposed;

    /// <summary>The clock of all timers: microseconds since some moment, never set back.</summary>
    public static long Now => Stopwatch.GetTimestamp() / TicksPerMicrosecond;

    /// <summary>How many timers run.</summary>
    public int Count
    {
        get
        {
            using (_lock.Enter())
            {
                return _running.Count;
            }
        }
    }

    /// <summary>Lets the thread end; no timer signals any more. Only tests dispose a ticker.</summary>
    public void Dispose()
    {
        using (_lock.Enter())
        {
            _disposed = true;
            _wake?.Signal();
        }
    }

    /// <summary>Starts a timer anew, or stops it.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="period">Microseconds, 0 to stop it.</param>
    /// <exception cref="HypervisorException">There are no more descriptors.</exception>
    /// <exception cref="HyperlightException">HL5005: the thread cannot be started. The timer stands then, and the next call tries again.</exception>
    public void Set(GuestTimer timer, long period)
    {
        using (_lock.Enter())
        {
            Remove(timer);
            timer.Period = 0;
            if (period == 0)
            {
                return;
            }

            IWaitableSignal wake = _wake ??= StartThread();
            timer.Period = period;
            timer.Due = Now + period;
            timer.Place = _running.Count;
            _running.Add(timer);

            // A guest that starts its timer again and again wakes the thread no more often than one that lets it run.
            if (OnGrid(timer.Due) < _wakesAt)
            {
                _wakesAt = OnGrid(timer.Due);
                wake.Signal();
            }
        }
    }

    private static long OnGrid(long time) => time > Never - Grid ? Never : (time + (Grid - 1)) / Grid * Grid;

    private IWaitableSignal StartThread()
    {
        IWaitableSignal wake = createSignal();
        try
        {
            (startThread ?? BackgroundThread.Start)("Hyperlight ticker", () => Run(wake));
            return wake;
        }
        catch
        {
            wake.Dispose();
            throw;
        }
    }

    private void Run(IWaitableSignal wake)
    {
        while (true)
        {
            long delay;
            using (_lock.Enter())
            {
                if (_disposed)
                {
                    wake.Dispose();
                    return;
                }

                _wakesAt = OnGrid(RingDue(Now));
                delay = _wakesAt == Never ? -1 : Math.Max(0, _wakesAt - Now);
            }

            wake.Wait(delay);
        }
    }

    /// <summary>Signals what is due. Ticks that were missed stay missed, and the others keep their times.</summary>
    /// <returns>When the next one is.</returns>
    private long RingDue(long now)
    {
        long next = Never;
        foreach (GuestTimer timer in _running)
        {
            if (timer.Due <= now)
            {
                timer.Ring();
                timer.Due += (((now - timer.Due) / timer.Period) + 1) * timer.Period;
            }

            next = Math.Min(next, timer.Due);
        }

        return next;
    }

    private void Remove(GuestTimer timer)
    {
        if (timer.Place < 0)
        {
            return;
        }

        GuestTimer last = _running[^1];
        _running[timer.Place] = last;
        last.Place = timer.Place;
        _running.RemoveAt(_running.Count - 1);
        timer.Place = -1;
    }
}
