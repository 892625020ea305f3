// Measures a guest in C# beside a guest in C: start, start from a snapshot, restore, calls and memory. Build the program through the
// packages at the root of the repository, and run it where guests have SSE, for example in the lab:
//   ./build.sh pack
//   dotnet build -c Release bench/CSharpGuests
//   tests/kvm-lab/run-in-vm.sh -- bench/CSharpGuests/bin/Release/net10.0/CSharpGuests

using System.Diagnostics;
using System.Globalization;

const int Rounds = 41;
const int Sandboxes = 20;

Figures managed = Measure(Guests.Managed);
Figures native = Measure(Guests.Hello);

Console.WriteLine("| | C# | C | ratio |");
Console.WriteLine("|---|---:|---:|---:|");
Print("start, µs", figures => figures.Start);
Print("start from a snapshot, µs", figures => figures.StartFromSnapshot);
Print("first call after a restore, µs", figures => figures.FirstCall);
Print("warm call, µs", figures => figures.WarmCall);
Print("warm call with one host function, µs", figures => figures.HostCall);
Print("restore after a call, µs", figures => figures.Restore);
Print("image on disk, KiB", figures => figures.Image);
Print("snapshot, KiB", figures => figures.Snapshot);
Print("private memory of a sandbox that was started and called, KiB", figures => figures.Started);
Print("private memory of a sandbox that comes from a snapshot and was called, KiB", figures => figures.FromSnapshot);

void Print(string name, Func<Figures, double> figure) => Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"| {name} | {figure(managed):N0} | {figure(native):N0} | {figure(managed) / figure(native):0.#} |"));

static Figures Measure(GuestImage image)
{
    using Sandbox sandbox = Start(image);
    using Snapshot start = sandbox.TakeSnapshot();
    List<double> starts = [], fromSnapshot = [], first = [], warm = [], host = [], restores = [];
    for (int round = 0; round < Rounds; round++)
    {
        starts.Add(Time(() => Start(image).Dispose()));
        fromSnapshot.Add(Time(() => start.CreateSandbox(AddHostFunction).Dispose()));
        first.Add(Time(() => sandbox.Call<string>("SayHello", "reader")));
        warm.Add(Time(() => sandbox.Call<string>("SayHello", "reader")));
        host.Add(Time(() => sandbox.Call<string>("Greet", "reader")));
        restores.Add(Time(() => sandbox.Restore(start)));
    }

    return new(
        Shortest(starts),
        Shortest(fromSnapshot),
        Shortest(first),
        Shortest(warm),
        Shortest(host),
        Shortest(restores),
        Directory.GetFiles(FolderOf(image), "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length) / 1024.0,
        start.Size / 1024.0,
        MemoryOf(() => Start(image)),
        MemoryOf(() => start.CreateSandbox(AddHostFunction)));
}

static string FolderOf(GuestImage image) =>
    Directory.GetDirectories(Path.Combine(AppContext.BaseDirectory, "guests"), image.Name + "-*").Single();

static Sandbox Start(GuestImage image) => image.CreateSandbox(AddHostFunction);

static void AddHostFunction(SandboxOptions options) => options.HostFunctions.Add("Now", () => "noon");

// A time includes that of the disposal, where a sandbox is created.
static double Time(Action act)
{
    long start = Stopwatch.GetTimestamp();
    act();
    return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
}

// Other work of the machine only makes times longer.
static double Shortest(List<double> times) => times.Min();

static double MemoryOf(Func<Sandbox> create)
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
        sandboxes[^1].Call<string>("SayHello", "reader");
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
    double Start, double StartFromSnapshot, double FirstCall, double WarmCall, double HostCall, double Restore, double Image,
    double Snapshot, double Started, double FromSnapshot);
