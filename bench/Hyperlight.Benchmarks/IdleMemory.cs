using System.Globalization;

namespace Hyperlight.Benchmarks;

/// <summary>What a sandbox costs that does nothing: many of one image, alive at once, each called once.</summary>
internal static class IdleMemory
{
    // What only this process has (smaps), and what of the kernel's memory belongs to nobody by name (meminfo).
    private static readonly string[] OfProcess = ["Private_Clean", "Private_Dirty"];
    private static readonly string[] OfKernel = ["SUnreclaim", "PageTables", "SecPageTables", "KernelStack", "Percpu"];

    // Linux 6.13 and later count KVM's thread that takes large pages apart, one for each machine that has run, among those of the process.
    private const string KernelThread = "kvm-nx-lpage";

    /// <summary>Measures and prints.</summary>
    public static void Run(BenchGuest guest, int count)
    {
        List<Sandbox> sandboxes = [];
        try
        {
            // The first pays for what the process needs once.
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

    /// <summary>Memory in KiB, and threads, at a moment.</summary>
    private sealed record Counts(long Private, long Guest, long Managed, long Kernel, long Available, int Threads, int KernelThreads)
    {
        public static Counts Read()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
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
                GC.GetTotalMemory(forceFullCollection: false) / 1024,
                OfKernel.Sum(name => Value(machine, name)),
                Value(machine, "MemAvailable"),
                threads.Length - kernelThreads,
                kernelThreads);
        }

        // Sandboxes map with MAP_NORESERVE ("nr"), which hardly anything else does; what else does is there before and after.
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
