using System.Diagnostics;
using Hyperlight.Concurrency;
using Hyperlight.Hypervisors;

namespace Hyperlight.Watch;

/// <summary>
/// Runs the timers of all guests on one thread. The thread is not the watchdog's, because guests decide how much work it has, and their
/// decision must not delay a timeout. However many timers run, the thread wakes at most once in 100 µs and then serves all timers that are
/// due. If the thread cannot keep up, guests get fewer signals, and never several at once.
/// <code>
///   GuestTimer.Start ──► timers that run ──► thread: signals what is due, sleeps until the next, rounded up to the grid
/// </code>
/// </summary>
/// <param name="createSignal">Creates the signal that wakes the thread.</param>
/// <param name="startThread">Starts the thread; <c>null</c> for a thread of the operating system.</param>
internal sealed class Ticker(Func<IWaitableSignal> createSignal, ThreadStarter? startThread = null) : IDisposable
{
    /// <summary>A time that never comes.</summary>
    private const long Never = long.MaxValue;

    // The microseconds between two times at which the thread may wake.
    private const long Grid = GuestTimer.ShortestPeriod;

    private static readonly long TicksPerMicrosecond = Stopwatch.Frequency / 1_000_000;

    private readonly SteadyLock _lock = new();
    private readonly List<GuestTimer> _running = [];
    private IWaitableSignal? _wake;
    private long _wakesAt;
    private bool _disposed;

    /// <summary>Gets the time of the clock of all timers: microseconds since some moment. The clock is never set back.</summary>
    public static long Now => Stopwatch.GetTimestamp() / TicksPerMicrosecond;

    /// <summary>Gets the number of running timers.</summary>
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

    /// <summary>Ends the thread. No timer gives signals any more. Only tests dispose a ticker.</summary>
    public void Dispose()
    {
        using (_lock.Enter())
        {
            _disposed = true;
            _wake?.Signal();
        }
    }

    /// <summary>Starts a timer, also one that is running, or stops the timer.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="period">The period in microseconds; 0 stops the timer.</param>
    /// <exception cref="HypervisorException">The signal of the thread cannot be created.</exception>
    /// <exception cref="HyperlightException">
    /// HL5005: the thread cannot be started. The timer is stopped, and the next call tries again.
    /// </exception>
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

            // A guest that starts its timer again and again does not wake the thread more often than a guest whose timer runs.
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

    /// <summary>
    /// Gives the signals that are due. Signals that were missed are not given later, and the next signals keep their times.
    /// </summary>
    /// <returns>The time of the next signal.</returns>
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
