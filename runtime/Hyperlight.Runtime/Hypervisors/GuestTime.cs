namespace Hyperlight.Hypervisors;

/// <summary>Tells whether virtual machines measure how long they run their guests.</summary>
internal static class GuestTime
{
    /// <summary>
    /// Gets whether the time is measured: the switch Hyperlight.MeasureTimeInGuest, which benchmarks set. The switch is read once, so that
    /// the compiler removes the clock if the switch is off.
    /// </summary>
    public static bool IsMeasured { get; } = AppContext.TryGetSwitch("Hyperlight.MeasureTimeInGuest", out bool isOn) && isOn;
}
