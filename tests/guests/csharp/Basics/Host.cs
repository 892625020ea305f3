using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Basics;

/// <summary>Asks for what a guest has from its host: randomness and the time.</summary>
internal static class Host
{
    /// <summary>Draws from every source of random numbers.</summary>
    public static string Random() =>
        $"{System.Random.Shared.NextInt64():x} {new Random().Next():x} {Guid.NewGuid():N} {RandomNumberGenerator.GetHexString(32)}";

    /// <summary>Gets the date and time in ticks.</summary>
    public static string Utc() => DateTime.UtcNow.Ticks.ToString(CultureInfo.InvariantCulture);

    /// <summary>Gets the monotonic clock in seconds.</summary>
    public static string Ticks() =>
        ((double)Stopwatch.GetTimestamp() / Stopwatch.Frequency).ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Sleeps, and gets how many milliseconds the guest's clocks say.</summary>
    public static string Sleep()
    {
        DateTime before = DateTime.UtcNow;
        long start = Stopwatch.GetTimestamp();
        Thread.Sleep(50);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} {(DateTime.UtcNow - before).TotalMilliseconds:F0}");
    }
}
