using System.Diagnostics;

namespace Hyperlight.Benchmarks;

/// <summary>An operation that is measured many times.</summary>
/// <param name="Name">The name in the table.</param>
/// <param name="PerRound">The largest number of times that a round runs the operation.</param>
/// <param name="Run">Runs the operation and returns the sandbox that counts the time in the guest, or <c>null</c> if no guest runs.</param>
internal sealed record Operation(string Name, int PerRound, Func<Sandbox?> Run)
{
    private const int LeastPerRound = 5;
    private static readonly TimeSpan LongestRound = TimeSpan.FromSeconds(0.4);

    /// <summary>Runs before each measurement and is not part of it.</summary>
    public Action Before { get; init; } = static () => { };

    /// <summary>Runs after each measurement, with the result of <see cref="Run"/>, and is not part of the measurement.</summary>
    public Action<Sandbox?> After { get; init; } = static _ => { };

    /// <summary>The sandbox that existed before the operation and whose guest has run before; <c>null</c> if there is none.</summary>
    public Sandbox? Existing { get; init; }

    /// <summary>Upstream's median in microseconds; <c>null</c> if upstream has no figure.</summary>
    public double? Upstream { get; init; }

    /// <summary>The largest allowed ratio of our median to upstream's.</summary>
    public double Ratio { get; init; }

    /// <summary>The measured durations.</summary>
    public Samples Samples { get; } = new();

    /// <summary>Whether our median is small enough; <c>null</c> if upstream has no figure.</summary>
    public bool? IsMet => Upstream is { } upstream ? Samples.Host <= upstream * Ratio : null;

    /// <summary>Measures the operation for one round. A slow guest makes the round shorter.</summary>
    public void Measure()
    {
        long round = Stopwatch.GetTimestamp();
        for (int i = 0; i < PerRound && (i < LeastPerRound || Stopwatch.GetElapsedTime(round) < LongestRound); i++)
        {
            Before();
            long guestBefore = Existing?.TicksInGuest ?? 0;
            long begin = Stopwatch.GetTimestamp();
            Sandbox? sandbox = Run();
            long end = Stopwatch.GetTimestamp();
            Samples.Add(end - begin, (sandbox?.TicksInGuest ?? 0) - guestBefore);
            After(sandbox);
        }
    }
}
