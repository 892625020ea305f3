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

    /// <summary>
    /// Gets the sandbox whose guest ran before the operation; <c>null</c> if the operation creates its sandbox. Called after
    /// <see cref="Before"/>.
    /// </summary>
    public Func<Sandbox?> Existing { get; init; } = static () => null;

    /// <summary>Gets what our median may be at most; <c>null</c> if nothing is asked. Called after all measurements.</summary>
    public Func<Target?>? Target { get; init; }

    /// <summary>Gets the number of times that <see cref="Run"/> does what is measured. The durations are for one time.</summary>
    public int Times { get; init; } = 1;

    /// <summary>The measured durations.</summary>
    public Samples Samples { get; } = new();

    /// <summary>Measures the operation for one round. A slow guest makes the round shorter.</summary>
    public void Measure()
    {
        long round = Stopwatch.GetTimestamp();
        for (int i = 0; i < PerRound && (i < LeastPerRound || Stopwatch.GetElapsedTime(round) < LongestRound); i++)
        {
            Before();
            long guestBefore = Existing()?.TicksInGuest ?? 0;
            long begin = Stopwatch.GetTimestamp();
            Sandbox? sandbox = Run();
            long end = Stopwatch.GetTimestamp();
            Samples.Add((end - begin) / Times, (sandbox?.TicksInGuest ?? 0) - guestBefore);
            After(sandbox);
        }
    }
}
