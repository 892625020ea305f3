namespace Hyperlight.Watch;

/// <summary>Something that a <see cref="Watchdog"/> does once at a time that can be moved, without an allocation.</summary>
/// <param name="watchdog">Whose thread does it.</param>
/// <param name="ring">What it does, briefly: every other alarm waits for it. It must not throw.</param>
internal sealed class Alarm(Watchdog watchdog, Action ring)
{
    /// <summary>When it rings. The watchdog's.</summary>
    public long Due { get; set; }

    /// <summary>Where it lies in the heap, -1 while it is not set. The watchdog's.</summary>
    public int Place { get; set; } = -1;

    /// <summary>Sets or moves it.</summary>
    /// <param name="due">When, in the milliseconds of <see cref="Watchdog.Now"/>.</param>
    public void Set(long due) => watchdog.Set(this, due);

    /// <summary>Takes it away. It may be ringing at this moment, and that may end later.</summary>
    public void Cancel() => watchdog.Set(this, Watchdog.Never);

    /// <summary>Does it.</summary>
    public void Ring() => ring();
}
