namespace Hyperlight.Watch;

/// <summary>An action that a <see cref="Watchdog"/> runs once, at a time that can be moved. Setting an alarm allocates nothing.</summary>
/// <param name="watchdog">The watchdog whose thread runs the action.</param>
/// <param name="ring">
/// The action. All other alarms wait while the action runs, so the action must be short. The action must not throw.
/// </param>
internal sealed class Alarm(Watchdog watchdog, Action ring)
{
    /// <summary>
    /// Gets or sets the time at which the alarm rings, in milliseconds of <see cref="Watchdog.Now"/>. Only the watchdog sets it.
    /// </summary>
    public long Due { get; set; }

    /// <summary>
    /// Gets or sets the index of the alarm in the watchdog's heap; -1 while the alarm is not set. Only the watchdog sets it.
    /// </summary>
    public int Place { get; set; } = -1;

    /// <summary>Sets or moves the alarm.</summary>
    /// <param name="due">The time at which the alarm rings, in milliseconds of <see cref="Watchdog.Now"/>.</param>
    /// <exception cref="HyperlightException">HL5005: the watchdog's thread cannot be started. The alarm is not set.</exception>
    public void Set(long due) => watchdog.Set(this, due);

    /// <summary>Takes the alarm away. If the action is running at this moment, it may end after this method has returned.</summary>
    public void Cancel() => watchdog.Set(this, Watchdog.Never);

    /// <summary>Runs the action.</summary>
    public void Ring() => ring();
}
