using System.Diagnostics;

namespace Hyperlight.Benchmarks;

/// <summary>Something that is measured again and again.</summary>
/// <param name="Name">What to call it.</param>
/// <param name="PerRound">How often a round does it at most.</param>
/// <param name="Run">Does it; what it returns is where the time with the guest is counted, null where no guest runs.</param>
internal sealed record Operation(string Name, int PerRound, Func<Sandbox?> Run)
{
    private const int LeastPerRound = 5;
    private static readonly TimeSpan LongestRound = TimeSpan.FromSeconds(0.4);

    /// <summary>Done before each time, not measured.</summary>
    public Action Before { get; init; } = static () => { };

    /// <summary>Done after each time, not measured, with what <see cref="Run"/> returned.</summary>
    public Action<Sandbox?> After { get; init; } = static _ => { };

    /// <summary>A sandbox that is there before the operation, whose guest has run before.</summary>
    public Sandbox? Existing { get; init; }

    /// <summary>Upstream's median in microseconds; null where there is none.</summary>
    public double? Upstream { get; init; }

    /// <summary>The greatest part of that which is allowed.</summary>
    public double Ratio { get; init; }

    /// <summary>What was measured.</summary>
    public Samples Samples { get; } = new();

    /// <summary>Null where upstream has no figure, else whether ours is small enough.</summary>
    public bool? IsMet => Upstream is { } upstream ? Samples.Host <= upstream * Ratio : null;

    /// <summary>Measures it for a round, which a guest that is slow here makes shorter.</summary>
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
