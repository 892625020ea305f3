using System.Globalization;

namespace Hyperlight.Benchmarks;

/// <summary>Measures the memory and the threads of idle sandboxes: many sandboxes of one image, each of which was called once.</summary>
internal static class IdleMemory
{
    // Pages that no other process shares (from smaps), and kernel memory that no process is charged for (from meminfo).
    private static readonly string[] OfProcess = ["Private_Clean", "Private_Dirty"];
    private static readonly string[] OfKernel = ["SUnreclaim", "PageTables", "SecPageTables", "KernelStack", "Percpu"];

    // Since Linux 6.13 KVM's thread that splits large pages, one for each machine that has run, counts as a thread of the process.
    private const string KernelThread = "kvm-nx-lpage";

    /// <summary>Measures a number of sandboxes and prints the result.</summary>
    public static void Run(BenchGuest guest, int count)
    {
        List<Sandbox> sandboxes = [];
        try
        {
            // The first sandbox also pays for everything that the process creates once.
            Add(sandboxes, guest);
            Counts before = Counts.Read();
            for (int i = 0; i < count; i++)
            {
                Add(sandboxes, guest);
            }

            Counts after = Counts.Read();
            Console.WriteLine();
            Console.WriteLine($"{count} sandboxes of one image, each called once, KiB for each of them:");
            Print("private memory of the process", (after.Private - before.Private) / (double)count);
            Print("  of that the guest's memory", (after.Guest - before.Guest) / (double)count);
            Print("  of that the managed heap", (after.Managed - before.Managed) / (double)count);
            Print("memory of the kernel (slab, page tables, …)", (after.Kernel - before.Kernel) / (double)count);
            Print("decrease of MemAvailable", (before.Available - after.Available) / (double)count);
            Console.WriteLine(
                $"threads: {before.Threads} with one sandbox, {after.Threads} with {count + 1}; threads that the kernel keeps for its "
                    + $"machines: {after.KernelThreads}");
        }
        finally
        {
            sandboxes.ForEach(sandbox => sandbox.Dispose());
        }
    }

    private static void Add(List<Sandbox> sandboxes, BenchGuest guest)
    {
        Sandbox sandbox = guest.Start();
        sandboxes.Add(sandbox);
        sandbox.Call<string>(guest.Echo, "idle");
    }

    private static void Print(string name, double value) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-45} {value,8:0.0}"));

    /// <summary>Memory in KiB and numbers of threads at one moment.</summary>
    private sealed record Counts(long Private, long Guest, long Managed, long Kernel, long Available, int Threads, int KernelThreads)
    {
        public static Counts Read()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();

            // Read first, because the reading below leaves garbage.
            long managed = GC.GetTotalMemory(forceFullCollection: false) / 1024;
            string[] threads =
            [
                .. Directory.EnumerateDirectories("/proc/self/task").Select(path => File.ReadAllText(Path.Combine(path, "comm")))
            ];
            int kernelThreads = threads.Count(name => name.StartsWith(KernelThread, StringComparison.Ordinal));
            string[] own = File.ReadAllLines("/proc/self/smaps_rollup");
            string[] machine = File.ReadAllLines("/proc/meminfo");
            return new(
                OfProcess.Sum(name => Value(own, name)),
                GuestMemory(),
                managed,
                OfKernel.Sum(name => Value(machine, name)),
                Value(machine, "MemAvailable"),
                threads.Length - kernelThreads,
                kernelThreads);
        }

        // Guest memory is mapped with MAP_NORESERVE (flag "nr"). Few other mappings have this flag, and those exist before and after.
        private static long GuestMemory()
        {
            long sum = 0;
            long inMapping = 0;
            foreach (string line in File.ReadLines("/proc/self/smaps"))
            {
                if (line.StartsWith("Private_", StringComparison.Ordinal))
                {
                    inMapping += Kibibytes(line);
                }
                else if (line.StartsWith("VmFlags:", StringComparison.Ordinal))
                {
                    sum += line.Contains(" nr", StringComparison.Ordinal) ? inMapping : 0;
                    inMapping = 0;
                }
            }

            return sum;
        }

        private static long Value(string[] lines, string name) =>
            Kibibytes(lines.First(line => line.StartsWith(name + ":", StringComparison.Ordinal)));

        private static long Kibibytes(string line) =>
            long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
