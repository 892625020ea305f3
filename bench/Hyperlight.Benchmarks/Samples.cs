using System.Diagnostics;

namespace Hyperlight.Benchmarks;

/// <summary>The measured durations of one operation, in microseconds.</summary>
internal sealed class Samples
{
    private readonly List<double> _wall = [];
    private readonly List<double> _host = [];

    /// <summary>Adds a duration.</summary>
    /// <param name="wallTicks">The whole duration, in ticks of <see cref="Stopwatch"/>.</param>
    /// <param name="guestTicks">The part of it that was spent in the guest, in the same ticks.</param>
    public void Add(long wallTicks, long guestTicks)
    {
        _wall.Add(Microseconds(wallTicks));
        _host.Add(Microseconds(wallTicks - guestTicks));
    }

    /// <summary>Removes all durations.</summary>
    public void Clear()
    {
        _wall.Clear();
        _host.Clear();
    }

    /// <summary>The times outside of the guest, in the order in which they were measured.</summary>
    public IReadOnlyList<double> Hosts => _host;

    /// <summary>Median of the whole durations.</summary>
    public double Wall => Quantile(_wall, 0.5);

    /// <summary>Median of the time outside of the guest.</summary>
    public double Host => Quantile(_host, 0.5);

    /// <summary>The 10th percentile of the times outside of the guest.</summary>
    public double HostLow => Quantile(_host, 0.1);

    /// <summary>The 90th percentile of the times outside of the guest.</summary>
    public double HostHigh => Quantile(_host, 0.9);

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;

    private static double Quantile(List<double> values, double quantile) => values.Order().ElementAt((int)((values.Count - 1) * quantile));
}
