using System.Globalization;

namespace Hyperlight.Benchmarks;

/// <summary>The operations that upstream publishes figures for, and a few more.</summary>
internal static class SpeedTable
{
    private const string Text = "Hello, World!";
    private const string Tag = "bench";

    // The greatest number of machines that are kept for new sandboxes.
    private static readonly int IdleMachines = 2 * Environment.ProcessorCount;

    /// <summary>Measures the operations and prints the table.</summary>
    /// <param name="small">A guest with the default heap.</param>
    /// <param name="large">The same guest with 64 MiB of heap.</param>
    /// <param name="identity">A guest without page tables that has <c>AllocateAndTouch</c>, with 64 MiB of heap.</param>
    /// <param name="rounds">The number of rounds. Each round runs all operations, so that a disturbance of the machine affects all of
    /// them.</param>
    /// <param name="only">Only operations whose names contain this text are measured.</param>
    /// <returns>Whether each operation is as fast as it has to be.</returns>
    public static bool Run(BenchGuest small, BenchGuest large, BenchGuest identity, int rounds, string only)
    {
        using Sandbox called = small.Start();
        using Sandbox restored = small.Start();
        restored.Call<string>(small.Echo, Text);
        using Snapshot snapshot = restored.TakeSnapshot();
        string saved = Path.Combine(Path.GetTempPath(), "hyperlight-bench-" + Path.GetRandomFileName());
        using Deletion deletion = new(saved);
        snapshot.Save(saved, Tag);
        using Sandbox photographed = small.Start();
        using Sandbox photographedLarge = large.Start();
        using IdentityOperations unpaged = new(identity);
        Operation[] operations =
        [
            new("warm Echo call", 200, () => Call(called, small)) { Existing = called, Upstream = 14.3, Ratio = 0.7 },
            new("call with one host function", 200, () => Add(called)) { Existing = called, Upstream = 20.5, Ratio = 0.7 },
            new("restore after a call", 100, () => Restore(restored, snapshot))
            {
                Before = () => Call(restored, small), Existing = restored, Upstream = 79, Ratio = 0.5,
            },
            new("restore, then a call", 100, () => RestoreAndCall(restored, snapshot, small)) { Existing = restored },
            new("open saved snapshot and create sandbox", 40, () => LoadAndCreate(saved, isChecked: false))
            {
                After = Dispose,
                Upstream = 1022,
                Ratio = 0.6,
            },
            new("the same, content checked", 40, () => LoadAndCreate(saved, isChecked: true)) { After = Dispose },
            new("create sandbox from image", 40, small.Start) { After = Dispose, Upstream = 930, Ratio = 0.6 },
            WithoutReuse("create sandbox from image, with a machine of its own", small),
            new("create sandbox from snapshot", 40, () => snapshot.CreateSandbox(BenchGuest.Configure))
            {
                After = Dispose,
                Upstream = 930,
                Ratio = 0.6,
            },
            Snapshot("snapshot after a call, 128 KiB heap", photographed, small, upstream: 339, ratio: 0.6),
            Snapshot("snapshot after a call, 64 MiB heap", photographedLarge, large, upstream: 67_700, ratio: 0.02),
            new("image to ready sandbox, 64 MiB heap", 20, () => OpenAndStart(large)) { After = Dispose, Upstream = 39_900, Ratio = 0.05 },
            new("checked open, 64 MiB heap", 20, () => Open(large, isChecked: true)) { Upstream = 38_000, Ratio = 0.05 },
            new("unchecked open, 64 MiB heap", 20, () => Open(large, isChecked: false)),
            Disposal(small),
            .. unpaged.All(),
        ];

        operations = [.. operations.Where(operation => operation.Name.Contains(only, StringComparison.OrdinalIgnoreCase))];

        // In the first rounds the just-in-time compiler is at work.
        const int WarmUps = 2;
        for (int round = -WarmUps; round < rounds; round++)
        {
            foreach (Operation operation in operations)
            {
                if (round == 0)
                {
                    operation.Samples.Clear();
                }

                operation.Measure();
            }
        }

        Print(operations, rounds);
        return operations.All(operation => operation.IsMet != false);
    }

    private static Sandbox Call(Sandbox sandbox, BenchGuest guest)
    {
        sandbox.Call<string>(guest.Echo, Text);
        return sandbox;
    }

    private static Sandbox Add(Sandbox sandbox)
    {
        sandbox.Call<int>("Add", 20, 22);
        return sandbox;
    }

    private static Sandbox Restore(Sandbox sandbox, Snapshot snapshot)
    {
        sandbox.Restore(snapshot);
        return sandbox;
    }

    private static Sandbox RestoreAndCall(Sandbox sandbox, Snapshot snapshot, BenchGuest guest)
    {
        sandbox.Restore(snapshot);
        return Call(sandbox, guest);
    }

    // A snapshot shares pages with the snapshot before it, so the old snapshot is disposed only when the new one exists.
    private static Operation Snapshot(string name, Sandbox sandbox, BenchGuest guest, double upstream, double ratio)
    {
        Snapshot? before = null;
        Snapshot? now = null;
        return new(name, 30, Take)
        {
            Before = () => Call(sandbox, guest),
            After = _ =>
            {
                before?.Dispose();
                before = now;
            },
            Existing = sandbox,
            Upstream = upstream,
            Ratio = ratio,
        };

        Sandbox Take()
        {
            now = sandbox.TakeSnapshot();
            return sandbox;
        }
    }

    // A new sandbox reuses the machine of a sandbox that was disposed. Other sandboxes take those machines first.
    private static Operation WithoutReuse(string name, BenchGuest guest)
    {
        Sandbox[] takers = [];
        return new(name, 40, guest.Start)
        {
            Before = () => takers = [.. Enumerable.Range(0, IdleMachines).Select(_ => guest.Start())],
            After = sandbox =>
            {
                Dispose(sandbox);
                Array.ForEach(takers, Dispose);
            },
        };
    }

    private static Sandbox OpenAndStart(BenchGuest guest)
    {
        using GuestImage image = GuestImage.Open(guest.Directory);
        return image.CreateSandbox(BenchGuest.Configure);
    }

    private static Sandbox LoadAndCreate(string saved, bool isChecked)
    {
        using Snapshot snapshot = Hyperlight.Snapshot.Load(saved, Tag, options => options.VerifyContent = isChecked);
        return snapshot.CreateSandbox(BenchGuest.Configure);
    }

    private static Sandbox? Open(BenchGuest guest, bool isChecked)
    {
        GuestImage.Open(guest.Directory, options => options.VerifyContent = isChecked).Dispose();
        return null;
    }

    private static Operation Disposal(BenchGuest guest)
    {
        Sandbox? sandbox = null;
        return new("dispose", 40, () =>
        {
            sandbox!.Dispose();
            return null;
        })
        {
            Before = () => sandbox = guest.Start(),
        };
    }

    private static void Dispose(Sandbox? sandbox) => sandbox!.Dispose();

    private static void Print(Operation[] operations, int rounds)
    {
        Console.WriteLine();
        Console.WriteLine($"microseconds, medians of {rounds} rounds; host: outside of KVM_RUN; 10-90 %: of host");
        Console.WriteLine("                                             wall      host           10-90 %  upstream  allowed     ratio");
        foreach (Operation operation in operations)
        {
            Samples samples = operation.Samples;
            string verdict = operation.Upstream is { } upstream
                ? Invariant($"  {upstream,8:0.#}  {operation.Ratio,7:0.##}  {samples.Host / upstream,8:0.000} ")
                    + (operation.IsMet == true ? "met" : "NOT MET")
                : "";
            string times = Invariant(
                $"{samples.Wall,8:0.0}  {samples.Host,8:0.0}  {samples.HostLow,7:0.0} - {samples.HostHigh,7:0.0}");
            Console.WriteLine($"  {operation.Name,-38} {times}{verdict}");
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A folder that is deleted at the end.</summary>
    private sealed class Deletion(string directory) : IDisposable
    {
        public void Dispose() => Directory.Delete(directory, recursive: true);
    }
}
