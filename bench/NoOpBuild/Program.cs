// What Hyperlight.Sdk adds to a build that has nothing to do: samples/Hello against a console program without guests, one after the other, many
// times. Run it at the root of the repository after ./build.sh pack: dotnet run -c Release --project bench/NoOpBuild [PAIRS]

using System.Diagnostics;
using System.Globalization;
using Microsoft.Build.Logging.StructuredLogger;
using Task = Microsoft.Build.Logging.StructuredLogger.Task;

const double BudgetMilliseconds = 50;

int pairs = args is [var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 10;
Environment.SetEnvironmentVariable("MSBUILDDISABLENODEREUSE", "1");
string folder = Directory.CreateTempSubdirectory("hyperlight-bench-").FullName;
try
{
    string plain = WritePlainProgram(Path.Combine(folder, "plain"));
    string hello = Path.GetFullPath(Path.Combine("samples", "Hello"));
    string log = Path.Combine(folder, "build.binlog");
    Build(plain, restore: true);
    Build(hello, restore: true);
    Build(plain);
    Build(hello);

    List<double> plainTimes = [], helloTimes = [], ourTimes = [];
    for (int pair = 0; pair < pairs; pair++)
    {
        plainTimes.Add(Build(plain));
        helloTimes.Add(Build(hello));

        // The log costs time itself, so the build that writes it is another one.
        Build(hello, log: log);
        ourTimes.Add(TimeInOurTargets(log, print: pair == pairs - 1));
    }

    Console.WriteLine();
    Console.WriteLine($"medians of {pairs} pairs of dotnet build --no-restore:");
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  plain program   {Median(plainTimes),6:0} ms"));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  samples/Hello   {Median(helloTimes),6:0} ms"));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  difference      {Median([.. helloTimes.Zip(plainTimes, (one, other) => one - other)]),6:0} ms"));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  in our targets  {Median(ourTimes),6:0} ms (budget {BudgetMilliseconds} ms)"));
    return Median(ourTimes) <= BudgetMilliseconds ? 0 : 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static string WritePlainProgram(string folder)
{
    Directory.CreateDirectory(folder);
    File.WriteAllText(Path.Combine(folder, "Plain.csproj"), """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType></PropertyGroup>
        </Project>
        """);
    File.WriteAllText(Path.Combine(folder, "Program.cs"), "return;");
    return folder;
}

static double Build(string project, bool restore = false, string? log = null)
{
    List<string> arguments = ["build", project, "--nologo", "--verbosity", "quiet", "--tl:off"];
    if (!restore)
    {
        arguments.Add("--no-restore");
    }

    if (log is not null)
    {
        arguments.Add("-bl:" + log);
    }

    long start = Stopwatch.GetTimestamp();
    using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
    string output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return process.ExitCode == 0 ? Stopwatch.GetElapsedTime(start).TotalMilliseconds : throw new InvalidOperationException(output);
}

static double TimeInOurTargets(string log, bool print)
{
    double sum = 0;
    BinaryLog.ReadBuild(log).VisitAllChildren<Target>(target =>
    {
        if (!target.Name.Contains("Hyperlight", StringComparison.Ordinal))
        {
            return;
        }

        // A target's own time: its tasks, not the targets it waits for.
        double own = target.Children.OfType<Task>().Sum(task => task.Duration.TotalMilliseconds);
        sum += own;
        if (print)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{own,8:0.0} ms  {target.Name}"));
        }
    });
    return sum;
}

static double Median(List<double> values)
{
    double[] ordered = [.. values.Order()];
    return ordered.Length % 2 == 1 ? ordered[ordered.Length / 2] : (ordered[(ordered.Length / 2) - 1] + ordered[ordered.Length / 2]) / 2;
}
