// Measures a guest in C# beside a guest in C: start, start from a snapshot, restore, call and memory. Build the guests and the program at
// the root of the repository, and run the program where SSE runs in guests, for example in the lab:
//   ./build.sh test BasicsTests
//   dotnet build -c Release bench/CSharpGuests
//   tests/kvm-lab/run-in-vm.sh -- bench/CSharpGuests/bin/Release/net10.0/CSharpGuests

using System.Diagnostics;
using System.Globalization;
using Hyperlight;

const string Images = "artifacts/csharp-guests/guests";
const int Rounds = 41;
const int Sandboxes = 20;

Figures managed = Measure("Basics", "Greet");
Figures native = Measure("hello", "SayHello");

Console.WriteLine("| medians | C# | C | ratio |");
Console.WriteLine("|---|---:|---:|---:|");
Print("start, µs", figures => figures.Start);
Print("start from a snapshot, µs", figures => figures.StartFromSnapshot);
Print("first call, µs", figures => figures.FirstCall);
Print("warm call, µs", figures => figures.WarmCall);
Print("restore after a call, µs", figures => figures.Restore);
Print("image on disk, KiB", figures => figures.Image);
Print("snapshot, KiB", figures => figures.Snapshot);
Print("private memory of a sandbox that was started and called, KiB", figures => figures.Started);
Print("private memory of a sandbox that comes from a snapshot and was called, KiB", figures => figures.FromSnapshot);

void Print(string name, Func<Figures, double> figure) => Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"| {name} | {figure(managed):N0} | {figure(native):N0} | {figure(managed) / figure(native):0.#} |"));

static Figures Measure(string name, string function)
{
    string folder = Directory.GetDirectories(Images, name + "-*").Single();
    using GuestImage image = GuestImage.Open(folder);
    using Sandbox sandbox = image.CreateSandbox(options => options.UseSnapshot = false);
    using Snapshot start = sandbox.TakeSnapshot();
    List<double> starts = [], fromSnapshot = [], first = [], warm = [], restores = [];
    for (int round = 0; round < Rounds; round++)
    {
        starts.Add(Time(() => image.CreateSandbox(options => options.UseSnapshot = false).Dispose()));
        fromSnapshot.Add(Time(() => start.CreateSandbox().Dispose()));
        first.Add(Time(() => sandbox.Call<string>(function, "reader")));
        warm.Add(Time(() => sandbox.Call<string>(function, "reader")));
        restores.Add(Time(() => sandbox.Restore(start)));
    }

    return new(
        Median(starts),
        Median(fromSnapshot),
        Median(first),
        Median(warm),
        Median(restores),
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length) / 1024.0,
        start.Size / 1024.0,
        MemoryOf(() => image.CreateSandbox(options => options.UseSnapshot = false), function),
        MemoryOf(() => start.CreateSandbox(), function));
}

// A time includes that of the disposal, where a sandbox is created.
static double Time(Action act)
{
    long start = Stopwatch.GetTimestamp();
    act();
    return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
}

static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

static double MemoryOf(Func<Sandbox> create, string function)
{
    List<Sandbox> sandboxes = [];
    Add();
    long before = PrivateMemory();
    for (int i = 0; i < Sandboxes; i++)
    {
        Add();
    }

    double each = (PrivateMemory() - before) / (double)Sandboxes;
    sandboxes.ForEach(sandbox => sandbox.Dispose());
    return each;

    void Add()
    {
        sandboxes.Add(create());
        sandboxes[^1].Call<string>(function, "reader");
    }
}

static long PrivateMemory()
{
    GC.Collect();
    return File.ReadLines("/proc/self/smaps_rollup")
        .Where(line => line.StartsWith("Private_", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
}

internal sealed record Figures(
    double Start, double StartFromSnapshot, double FirstCall, double WarmCall, double Restore, double Image, double Snapshot,
    double Started, double FromSnapshot);
