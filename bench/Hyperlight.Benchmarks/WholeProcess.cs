using System.Diagnostics;
using System.Globalization;

namespace Hyperlight.Benchmarks;

/// <summary>
/// Measures a process that opens an image, calls its guest once and ends, as a command-line program does. The time includes the start of
/// the .NET runtime.
/// </summary>
internal static class WholeProcess
{
    /// <summary>The first argument of the process that is measured.</summary>
    public const string ChildWord = "--call-once";

    /// <summary>Starts the process a number of times and prints the medians.</summary>
    public static void Run(BenchGuest guest, int count)
    {
        List<double> all = [];
        List<double> own = [];
        for (int i = 0; i < count; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            using Process process = Process.Start(
                new ProcessStartInfo(Environment.ProcessPath!, [ChildWord, guest.Directory, guest.Echo])
                {
                    RedirectStandardOutput = true,
                })!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            all.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            own.Add(double.Parse(output, CultureInfo.InvariantCulture));
        }

        Console.WriteLine();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"a process that opens the image, starts the guest and calls it once: {Median(all):0} ms, of which {Median(own):0} ms are ours "
                + $"(median of {count})"));
    }

    /// <summary>Runs in the process that is measured, and prints the milliseconds that our code takes.</summary>
    public static int RunChild(string imageDirectory, string function)
    {
        long begin = Stopwatch.GetTimestamp();
        using GuestImage image = GuestImage.Open(imageDirectory);
        using Sandbox sandbox = image.CreateSandbox(BenchGuest.Configure);
        sandbox.Call<string>(function, "once");
        Console.WriteLine(Stopwatch.GetElapsedTime(begin).TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
