using System.Diagnostics;
using System.Globalization;

namespace Hyperlight.Conformance.Checks;

internal static class TimeChecks
{
    private static readonly DateTime Day = new(2026, 11, 29, 13, 14, 15, 167, DateTimeKind.Utc);

    public static Area Area => new("time")
    {
        {
            "formats",
            () => ((string[])["O", "s", "R", "d", "D", "T", "yyyy-MM-dd HH:mm:ss.fff", "ddd MMM"])
                .Select(f => Day.ToString(f, CultureInfo.InvariantCulture))
        },
        { "parse", () => DateTime.Parse("2026-02-28T23:59:59Z", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal) },
        { "parse exactly", () => DateTime.ParseExact("29.11.2026", "dd.MM.yyyy", CultureInfo.InvariantCulture) },
        { "wrong text", () => DateTime.Parse("2026-02-30", CultureInfo.InvariantCulture) },
        { "arithmetic", () => Day.AddMonths(3).AddDays(-1).AddTicks(5) },
        { "difference", () => Day - new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc) },
        { "day of week and year", () => $"{Day.DayOfWeek} {Day.DayOfYear} {ISOWeek.GetWeekOfYear(Day)}" },
        { "leap years", () => ((int[])[1900, 2000, 2024, 2026]).Select(y => DateTime.IsLeapYear(y)) },
        { "out of range", () => DateTime.MaxValue.AddDays(1) },
        { "Unix time", () => DateTimeOffset.FromUnixTimeMilliseconds(1_795_958_055_167) },
        { "offset", () => new DateTimeOffset(2026, 11, 29, 1, 0, 0, TimeSpan.FromHours(2)).ToUniversalTime() },
        { "date only", () => DateOnly.FromDateTime(Day).AddDays(40) },
        { "time only", () => new TimeOnly(23, 30).AddHours(2) },
        { "time span", () => $"{TimeSpan.FromSeconds(90061.5)} {TimeSpan.Parse("1.02:03:04", CultureInfo.InvariantCulture).TotalMinutes}" },
        { "time span format", () => TimeSpan.FromMinutes(1.5).ToString(@"mm\:ss\.f", CultureInfo.InvariantCulture) },
        { "UTC zone", () => $"{TimeZoneInfo.Utc.Id} {TimeZoneInfo.Utc.BaseUtcOffset}" },
        { "own zone", () => TimeZoneInfo.CreateCustomTimeZone("own", TimeSpan.FromHours(3), "own", "own").GetUtcOffset(Day) },
        {
            "conversion to own zone",
            () => TimeZoneInfo.ConvertTime(Day, TimeZoneInfo.CreateCustomTimeZone("own", TimeSpan.FromHours(-3), "own", "own"))
        },
        { "unknown zone", () => TimeZoneInfo.FindSystemTimeZoneById("Nowhere/Nothing") },
        { "now is after the build", () => DateTime.UtcNow.Year >= 2026 },
        { "now rises", () => { DateTime a = DateTime.UtcNow; Thread.Sleep(2); return DateTime.UtcNow > a; } },
        { "stopwatch", () => { Stopwatch w = Stopwatch.StartNew(); Thread.Sleep(10); return w.ElapsedMilliseconds is >= 9 and < 5000; } },
        { "stopwatch frequency", () => Stopwatch.Frequency },
        { "kind of now", () => $"{DateTime.Now.Kind} {DateTime.UtcNow.Kind}" },
        { "calendar", () => new JulianCalendar().ToDateTime(2026, 11, 16, 0, 0, 0, 0) },
        { "Hebrew calendar", () => new HebrewCalendar().GetYear(Day) },
        { "binary form", () => DateTime.FromBinary(Day.ToBinary()) == Day },
        { "time provider", () => TimeProvider.System.GetElapsedTime(0, TimeProvider.System.TimestampFrequency) },
    };
}
