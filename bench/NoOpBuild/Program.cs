// Measures the time that Hyperlight.Sdk adds to a build that has nothing to do. The sample Hello, a plain class library and a plain program
// are built in turn, many times, and the times are read from the binary logs. Run it at the root of the repository after ./build.sh pack:
//   dotnet run -c Release --project bench/NoOpBuild [ROUNDS]

using System.Diagnostics;
using System.Globalization;
using Microsoft.Build.Logging.StructuredLogger;

const double BudgetMilliseconds = 50;

int rounds = args is [var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 10;
Environment.SetEnvironmentVariable("MSBUILDDISABLENODEREUSE", "1");
string folder = Directory.CreateTempSubdirectory("hyperlight-bench-").FullName;
try
{
    // All projects lie outside of the repository, so that Git and the repository's settings cost none of them time.
    File.Copy("global.json", Path.Combine(folder, "global.json"));
    File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""
        <configuration>
          <config><add key="globalPackagesFolder" value="{Path.GetFullPath("artifacts/nuget")}" /></config>
          <packageSources><add key="local" value="{Path.GetFullPath("artifacts/packages")}" /></packageSources>
        </configuration>
        """);
    string library = WritePlain(Path.Combine(folder, "library"), "Library", "public class Plain;");
    string program = WritePlain(Path.Combine(folder, "program"), "Exe", "return;");
    string hello = CopySample(Path.Combine(folder, "Hello"));
    string log = Path.Combine(folder, "build.binlog");
    foreach (string project in (string[])[library, program, hello])
    {
        Build(project, log, restore: true);
    }

    List<Times> libraryTimes = [], programTimes = [], helloTimes = [];
    List<double> ourTimes = [];
    for (int round = 0; round < rounds; round++)
    {
        Build(library, log);
        libraryTimes.Add(Times.Read(log));
        Build(program, log);
        programTimes.Add(Times.Read(log));
        Build(hello, log);
        helloTimes.Add(Times.Read(log));
        ourTimes.Add(TimeInOurTargets(log, print: round == rounds - 1));
    }

    Console.WriteLine();
    Console.WriteLine($"milliseconds in the binary log of dotnet build --no-restore, medians of {rounds} rounds:");
    Console.WriteLine("                   evaluation  targets");
    PrintRow("plain library", libraryTimes);
    PrintRow("plain program", programTimes);
    PrintRow("samples/Hello", helloTimes);
    Console.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"  our own targets            {Median(ourTimes),8:0} (budget {BudgetMilliseconds})"));
    return Median(ourTimes) <= BudgetMilliseconds ? 0 : 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static string WritePlain(string folder, string outputType, string code)
{
    Directory.CreateDirectory(folder);
    File.WriteAllText(Path.Combine(folder, "Plain.csproj"), $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>{outputType}</OutputType></PropertyGroup>
        </Project>
        """);
    File.WriteAllText(Path.Combine(folder, "Plain.cs"), code);
    return folder;
}

static string CopySample(string folder)
{
    string sample = Path.Combine("samples", "Hello");
    Directory.CreateDirectory(Path.Combine(folder, "guests"));
    foreach (string file in ((string[])["*.csproj", "*.cs", "guests/*"]).SelectMany(pattern => Directory.GetFiles(sample, pattern)))
    {
        File.Copy(file, Path.Combine(folder, Path.GetRelativePath(sample, file)));
    }

    return folder;
}

static void PrintRow(string name, List<Times> times) => Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"  {name,-15} {Median([.. times.Select(time => time.Evaluation)]),11:0} {Median([.. times.Select(time => time.Targets)]),8:0}"));

static void Build(string project, string log, bool restore = false)
{
    List<string> arguments = ["build", project, "--nologo", "--verbosity", "quiet", "--tl:off", "-bl:" + log];
    if (!restore)
    {
        arguments.Add("--no-restore");
    }

    using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
    string output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    if (process.ExitCode != 0)
    {
        throw new InvalidOperationException(output);
    }
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

        // MSBuild logs a target as started after the targets it depends on are done, so this is the target's own time.
        double own = target.Duration.TotalMilliseconds;
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

/// <summary>The milliseconds of a build. The evaluation includes finding the SDK, which is NuGet's work for an SDK in a package.</summary>
internal sealed record Times(double Evaluation, double Targets)
{
    public static Times Read(string log)
    {
        double evaluation = 0, targets = 0;
        Build build = BinaryLog.ReadBuild(log);
        build.VisitAllChildren<ProjectEvaluation>(node => evaluation += node.Duration.TotalMilliseconds);
        build.VisitAllChildren<Project>(node => targets += node.Parent is Project ? 0 : node.Duration.TotalMilliseconds);
        return new(evaluation, targets);
    }
}
