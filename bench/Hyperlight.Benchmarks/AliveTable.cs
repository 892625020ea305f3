using System.Diagnostics;
using System.Globalization;

namespace Hyperlight.Benchmarks;

/// <summary>
/// Measures creation, calls and memory while more and more sandboxes of one snapshot are alive, each of which was called once.
/// </summary>
internal static class AliveTable
{
    private const int SamplesOfPoint = 25;

    // Creation with a thousand alive may take so many times as long as with ten.
    private const double SlowestGrowth = 1.3;

    /// <summary>
    /// Measures with ten alive and with a number alive, and prints how memory and creation compare with what they may be.
    /// </summary>
    /// <returns>Whether each is small enough.</returns>
    public static bool Compare(BenchGuest guest, int count, Target memory)
    {
        Console.WriteLine();
        Console.WriteLine($"Sandboxes of a snapshot with a heap of {guest.HeapSize >> 10:#,0} KiB, each called once");
        if (Run(guest, [10, count]) is not [AlivePoint ten, AlivePoint all])
        {
            return false;
        }

        Console.WriteLine();
        Console.WriteLine("| figure | here | reference | ratio at most | ratio | |");
        Console.WriteLine("|---|---:|---:|---:|---:|---|");
        Print("private memory of a sandbox, KiB", all.Private, memory);
        bool isMet = memory.IsMet(all.Private);
        if (count >= 1000)
        {
            Target growth = new(ten.Create, SlowestGrowth);
            Print("creation beside a thousand, µs, over creation beside ten", all.Create, growth);
            isMet &= growth.IsMet(all.Create);
        }

        return isMet;

        static void Print(string name, double figure, Target target) => Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"| {name} | {figure:#,0.0} | {target.Describe(figure)}"));
    }

    /// <summary>Creates sandboxes until the last number is alive, and measures at each number.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="counts">The numbers, in their order.</param>
    /// <param name="isPooled">Whether the sandboxes are rented from a pool.</param>
    /// <returns>The points, up to the first sandbox that cannot be created.</returns>
    public static List<AlivePoint> Run(BenchGuest guest, IReadOnlyList<int> counts, bool isPooled = false)
    {
        using Snapshot snapshot = guest.TakeSnapshot();
        SandboxPool? CreatePool() => isPooled ? new(snapshot, Options) : null;
        Settle(guest, snapshot, CreatePool);
        SandboxPool? pool = null;
        List<IDisposable> owned = [];
        List<Sandbox> alive = [];
        List<AlivePoint> points = [];
        void Options(SandboxPoolOptions options) => (options.MaxCount, options.ReadyCount, options.Configure) =
            (counts[^1] + (2 * SamplesOfPoint), 0, BenchGuest.Configure);

        // The first sandboxes also pay for everything that the process creates once, and take the machines that are kept for new ones.
        Samples create = new();
        Samples call = new();
        try
        {
            pool = CreatePool();
            Grow(SamplesOfPoint);
            Call(step: 1);
            (int first, Counts before) = (alive.Count, Counts.Read());
            Console.WriteLine();
            Console.WriteLine(AlivePoint.Header);
            foreach (int count in counts)
            {
                Grow(count + first - alive.Count);
                Counts after = Counts.Read();
                (create, call) = (new(), new());
                Grow(SamplesOfPoint);
                Call(alive.Count / SamplesOfPoint);
                AlivePoint point = new(count, create.Host, call.Host, before, after);
                points.Add(point);
                Console.WriteLine(point);
            }
        }
        catch (HyperlightException exception)
        {
            Console.WriteLine($"{alive.Count} are alive, and the next one fails: {exception.Message}");
        }
        finally
        {
            pool?.Dispose();
            owned.ForEach(one => one.Dispose());
        }

        return points;

        void Grow(int count)
        {
            for (int i = 0; i < count; i++)
            {
                long begin = Stopwatch.GetTimestamp();
                Sandbox sandbox = Create(snapshot, pool, owned);
                create.Add(Stopwatch.GetTimestamp() - begin, 0);
                alive.Add(sandbox);
                sandbox.Call<string>(guest.Echo, "alive");
            }
        }

        void Call(int step)
        {
            for (int i = 0; i < alive.Count; i += step)
            {
                long before = alive[i].TicksInGuest;
                long begin = Stopwatch.GetTimestamp();
                alive[i].Call<string>(guest.Echo, "again");
                call.Add(Stopwatch.GetTimestamp() - begin, alive[i].TicksInGuest - before);
            }
        }
    }

    private static Sandbox Create(Snapshot snapshot, SandboxPool? pool, List<IDisposable> owned)
    {
        SandboxLease? lease = pool?.Rent();
        Sandbox sandbox = lease?.Sandbox ?? snapshot.CreateSandbox(BenchGuest.Configure);
        owned.Add((IDisposable?)lease ?? sandbox);
        return sandbox;
    }

    /// <summary>
    /// Uses sandboxes until all their code is compiled for good, so that the memory of the compiler and of its code is not taken for that
    /// of the sandboxes that are counted.
    /// </summary>
    private static void Settle(BenchGuest guest, Snapshot snapshot, Func<SandboxPool?> createPool)
    {
        // A method is compiled again after 30 calls, to be measured, and once more after 30 more.
        const int Rounds = 4;
        const int SandboxesOfRound = 40;
        Counts.KeepFreeMemory();
        for (int round = 0; round < Rounds; round++)
        {
            List<IDisposable> owned = [];
            using (SandboxPool? pool = createPool())
            {
                for (int i = 0; i < SandboxesOfRound; i++)
                {
                    Create(snapshot, pool, owned).Call<string>(guest.Echo, "settle");
                }

                owned.ForEach(one => one.Dispose());
            }

            _ = Counts.Read();

            // The compiler begins when no method was new for 100 ms.
            Counts.AwaitCompiler(TimeSpan.FromMilliseconds(300));
        }
    }
}
