using Hyperlight.Hypervisors;

namespace Hyperlight.Watch;

/// <summary>
/// The timer of a guest: while it runs, it gives one signal each period. The owner stops the timer before the virtual machine with the line
/// is disposed.
/// </summary>
/// <param name="ticker">The ticker whose thread gives the signals.</param>
/// <param name="line">The interrupt line that gets the signals.</param>
internal sealed class GuestTimer(Ticker ticker, ISignal line)
{
    /// <summary>The shortest period in microseconds (i686 sheet, section 6.4), which limits the number of interrupts of a guest.</summary>
    public const uint ShortestPeriod = 100;

    /// <summary>The longest period in microseconds (i686 sheet, section 6.4).</summary>
    public const uint LongestPeriod = 10_000_000;

    /// <summary>Gets or sets the microseconds between two signals; 0 while the timer is stopped. Only the ticker sets it.</summary>
    public long Period { get; set; }

    /// <summary>Gets or sets the time of the next signal, in microseconds of <see cref="Ticker.Now"/>. Only the ticker sets it.</summary>
    public long Due { get; set; }

    /// <summary>
    /// Gets or sets the index of the timer in the ticker's list of running timers; -1 while the timer is stopped. Only the ticker sets it.
    /// </summary>
    public int Place { get; set; } = -1;

    /// <summary>Starts the timer, also if it is running. The first signal comes one period from now.</summary>
    /// <param name="microseconds">
    /// The period that the guest wants; 0 stops the timer. A period that is too short or too long is replaced by the nearest allowed one.
    /// </param>
    public void Start(uint microseconds) =>
        ticker.Set(this, microseconds == 0 ? 0 : Math.Clamp(microseconds, ShortestPeriod, LongestPeriod));

    /// <summary>Stops the timer. No signal comes afterwards. Only the thread that starts the timer may stop it.</summary>
    public void Stop()
    {
        // Most timers do not run. Stopping such a timer must not wait for the lock that all guests share.
        if (Place >= 0)
        {
            ticker.Set(this, 0);
        }
    }

    /// <summary>Gives a signal. Only the ticker calls this method.</summary>
    public void Ring() => line.Signal();
}
