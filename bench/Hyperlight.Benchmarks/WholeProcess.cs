using System.Diagnostics;
using System.Globalization;

namespace Hyperlight.Benchmarks;

/// <summary>
/// Measures a process that opens an image, calls its guest once and ends, as a command-line program does. The time includes the start of
/// the .NET runtime. The program is bench/ColdProcess, in each way in which it was published.
/// </summary>
internal static class WholeProcess
{
    private static readonly string[] Kinds = ["jit", "ready", "aot"];

    /// <summary>Starts each process a number of times and prints the medians.</summary>
    /// <returns>Whether the process with machine code of the runtime is fast enough.</returns>
    public static bool Run(BenchGuest guest, int count)
    {
        Target target = new(Upstream.Process, 1.2);
        bool isMet = true;
        Console.WriteLine();
        Console.WriteLine($"A process that opens an image, starts the guest and calls it once, in milliseconds, median of {count}");
        Console.WriteLine();
        Console.WriteLine("| process | wall | reference | ratio at most | ratio | |");
        Console.WriteLine("|---|---:|---:|---:|---:|---|");
        foreach (string kind in Kinds)
        {
            string program = BenchGuest.InRepository("bench", "ColdProcess", "bin", kind, "ColdProcess");
            if (!File.Exists(program))
            {
                Console.WriteLine($"| {kind,-5} | not published | | | | |");
                continue;
            }

            double median = Median([.. Enumerable.Range(0, count).Select(_ => Time(program, guest))]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {kind,-5} | {median,6:0.0} | {target.Describe(median)}"));
            isMet &= kind != "ready" || target.IsMet(median);
        }

        return isMet;
    }

    private static double Time(string program, BenchGuest guest)
    {
        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(program, [guest.Directory, guest.Echo]);
        process.WaitForExit();
        return process.ExitCode == 0
            ? Stopwatch.GetElapsedTime(begin).TotalMilliseconds
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
