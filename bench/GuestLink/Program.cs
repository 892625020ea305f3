// Measures the time of the task that links a guest in C#, in a new process of MSBuild and in a warm one. The guest of the sample Orders is
// linked again and again from the same objects, and the times are read from the binary log. Run it at the root of the repository after
// ./build.sh pack:
//   dotnet run -c Release --project bench/GuestLink [ROUNDS]

using System.Diagnostics;
using System.Globalization;
using Microsoft.Build.Logging.StructuredLogger;

const double BudgetMilliseconds = 300;
const int LinksOfAProcess = 5;

int rounds = args is [var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 10;
string guest = Path.GetFullPath("samples/Orders/Orders.Guest/Orders.Guest.csproj");
string folder = Directory.CreateTempSubdirectory("hyperlight-bench-").FullName;
try
{
    string project = Path.Combine(folder, "Links.proj");
    string log = Path.Combine(folder, "build.binlog");
    File.WriteAllText(project, $"""
        <Project>
          <ItemGroup><Link Include="{string.Join(';', Enumerable.Range(1, LinksOfAProcess))}" /></ItemGroup>
          <Target Name="Build" Outputs="%(Link.Identity)">
            <ItemGroup><Old Include="{Path.GetDirectoryName(guest)}/obj/Release/**/native/Orders.Guest.elf" /></ItemGroup>
            <Delete Files="@(Old)" />
            <MSBuild Projects="{guest}" Targets="Build" Properties="Configuration=Release;Link=%(Link.Identity)" />
          </Target>
        </Project>
        """);
    Run(["build", guest, "-c", "Release", "-nologo", "-verbosity:quiet"]);
    List<double> cold = [], warm = [];
    for (int round = 0; round < rounds; round++)
    {
        List<double> times = Link(project, log);
        cold.Add(times[0]);
        warm.AddRange(times[1..]);
    }

    FileInfo elf = new DirectoryInfo(Path.Combine(Path.GetDirectoryName(guest)!, "obj", "Release"))
        .GetFiles("Orders.Guest.elf", SearchOption.AllDirectories)[0];
    Console.WriteLine($"milliseconds of the task LinkGuest, {rounds} processes, guest of {elf.Length / 1024:N0} KiB:");
    Console.WriteLine("                          median  best");
    PrintRow("first link of a process", cold);
    PrintRow("later links", warm);
    Console.WriteLine($"  budget                  {BudgetMilliseconds,8:0}");
    return Median(cold) <= BudgetMilliseconds ? 0 : 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static List<double> Link(string project, string log)
{
    Run(["msbuild", project, "-nologo", "-verbosity:quiet", "-tl:off", "-nodeReuse:false", "-bl:" + log]);
    List<double> times = [];
    BinaryLog.ReadBuild(log).VisitAllChildren<Microsoft.Build.Logging.StructuredLogger.Task>(task =>
    {
        if (task.Name == "LinkGuest")
        {
            times.Add(task.Duration.TotalMilliseconds);
        }
    });
    return times.Count == LinksOfAProcess
        ? times
        : throw new InvalidOperationException($"{times.Count} links, {LinksOfAProcess} were expected");
}

static void Run(string[] arguments)
{
    using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
    string output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    if (process.ExitCode != 0)
    {
        throw new InvalidOperationException(output);
    }
}

static void PrintRow(string name, List<double> times) => Console.WriteLine(
    string.Create(CultureInfo.InvariantCulture, $"  {name,-24}{Median(times),8:0}{times.Min(),6:0}"));

static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);
