using System.Globalization;

namespace Hyperlight.Benchmarks;

/// <summary>Draws creation time and memory over the number of sandboxes alive and over the heap size, for docs/performance.md.</summary>
internal static class Plots
{
    private const int AliveOfHeaps = 100;
    private static readonly int[] Counts = [10, 100, 300, 1000, 2000, 3000];
    private static readonly ulong[] Mebibytes = [1, 4, 16, 64, 256, 1024];

    /// <summary>Measures, and writes the drawings to docs/images.</summary>
    public static void Run(string guest)
    {
        List<(double Heap, AlivePoint Point)> heaps = [];
        foreach (ulong size in Mebibytes)
        {
            using BenchGuest one = new(guest, size << 20);
            Console.WriteLine($"heap of {size} MiB");
            heaps.AddRange(AliveTable.Run(one, [AliveOfHeaps]).Select(point => ((double)size, point)));
        }

        using BenchGuest small = new(guest, heapSize: 128 << 10);
        List<AlivePoint> alive = AliveTable.Run(small, Counts);
        const string AliveAxis = "sandboxes alive in the process";
        const string HeapAxis = "heap size, MiB";
        Write("create-alive", new("Creating a sandbox from a snapshot", AliveAxis, "milliseconds"), alive, Create);
        Write("memory-alive", new("Private memory of a sandbox, heap of 128 KiB", AliveAxis, "KiB for each sandbox"), alive, Private);
        Write("create-heap", new("Creating a sandbox from a snapshot", HeapAxis, "milliseconds"), heaps, Create);
        Write("memory-heap", new("Private memory of a sandbox", HeapAxis, "KiB for each sandbox"), heaps, Private);
    }

    private static double Create(AlivePoint point) => point.Create / 1000;

    private static double Private(AlivePoint point) => point.Private;

    private static void Write(string name, Frame frame, List<AlivePoint> points, Func<AlivePoint, double> y) =>
        Write(name, frame, [.. points.Select(point => ((double)point.Alive, y(point)))]);

    private static void Write(string name, Frame frame, List<(double Heap, AlivePoint Point)> points, Func<AlivePoint, double> y) =>
        Write(name, frame, [.. points.Select(point => (point.Heap, y(point.Point)))]);

    private static void Write(string name, Frame frame, List<(double X, double Y)> ours)
    {
        // No logarithm where the process gave back more memory than few sandboxes took.
        ours = [.. ours.Where(point => point.Y > 0)];
        Plot plot = new(frame.Title, frame.X, frame.Y) { Series = [("here", ours), ("upstream v0.16.0", Upstreams(name))] };
        string file = BenchGuest.InRepository("docs", "images", name + ".svg");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, plot.ToSvg());
        Console.WriteLine(file);
    }

    // upstream.tsv has a line for each point: the drawing, x, y.
    private static List<(double X, double Y)> Upstreams(string name) =>
    [
        .. File.ReadLines(BenchGuest.InRepository("bench", "Hyperlight.Benchmarks", "upstream.tsv"))
            .Select(line => line.Split('\t'))
            .Where(fields => fields[0] == name)
            .Select(fields => (Number(fields[1]), Number(fields[2])))
    ];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>The texts around a drawing.</summary>
    private sealed record Frame(string Title, string X, string Y);
}
