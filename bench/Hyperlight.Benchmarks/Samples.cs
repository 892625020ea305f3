using System.Diagnostics;

namespace Hyperlight.Benchmarks;

/// <summary>Durations of one operation, as many as were measured, in microseconds.</summary>
internal sealed class Samples
{
    private readonly List<double> _wall = [];
    private readonly List<double> _host = [];

    /// <summary>Adds one.</summary>
    /// <param name="wallTicks">All of it, in ticks of <see cref="Stopwatch"/>.</param>
    /// <param name="guestTicks">What of it was spent with the guest.</param>
    public void Add(long wallTicks, long guestTicks)
    {
        _wall.Add(Microseconds(wallTicks));
        _host.Add(Microseconds(wallTicks - guestTicks));
    }

    /// <summary>Drops what was measured so far.</summary>
    public void Clear()
    {
        _wall.Clear();
        _host.Clear();
    }

    /// <summary>Median of the whole durations.</summary>
    public double Wall => Quantile(_wall, 0.5);

    /// <summary>Median of the time outside of the guest.</summary>
    public double Host => Quantile(_host, 0.5);

    /// <summary>A tenth of the times outside of the guest is shorter.</summary>
    public double HostLow => Quantile(_host, 0.1);

    /// <summary>A tenth of the times outside of the guest is longer.</summary>
    public double HostHigh => Quantile(_host, 0.9);

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;

    private static double Quantile(List<double> values, double quantile) => values.Order().ElementAt((int)((values.Count - 1) * quantile));
}
