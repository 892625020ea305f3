using Hyperlight.Hypervisors;

namespace Hyperlight.Watch;

/// <summary>The timer of a guest: while it runs, a signal each period. Its owner stops it before it disposes the line.</summary>
/// <param name="ticker">Whose thread signals.</param>
/// <param name="line">What is signaled.</param>
internal sealed class GuestTimer(Ticker ticker, ISignal line)
{
    /// <summary>The shortest period in microseconds (i686 sheet, section 6.4). What bounds the interrupts of a guest.</summary>
    public const uint ShortestPeriod = 100;

    /// <summary>The longest period in microseconds (i686 sheet, section 6.4).</summary>
    public const uint LongestPeriod = 10_000_000;

    /// <summary>Microseconds between two signals, 0 while it stands. The ticker's.</summary>
    public long Period { get; set; }

    /// <summary>When it signals next, in the microseconds of <see cref="Ticker.Now"/>. The ticker's.</summary>
    public long Due { get; set; }

    /// <summary>Where it is among those that run, -1 while it stands. The ticker's.</summary>
    public int Place { get; set; } = -1;

    /// <summary>Starts it anew, the first signal a period from now.</summary>
    /// <param name="microseconds">The period, whatever a guest wants: the nearest that is allowed is taken. 0 stops.</param>
    public void Start(uint microseconds) =>
        ticker.Set(this, microseconds == 0 ? 0 : Math.Clamp(microseconds, ShortestPeriod, LongestPeriod));

    /// <summary>Stops it. No signal comes after that. Only for the thread that starts it.</summary>
    public void Stop()
    {
        // Most guests have none that runs, and need not wait for those of others.
        if (Place >= 0)
        {
            ticker.Set(this, 0);
        }
    }

    /// <summary>Signals. The ticker does.</summary>
    public void Ring() => line.Signal();
}
