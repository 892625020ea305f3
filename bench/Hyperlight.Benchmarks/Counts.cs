using System.Globalization;

namespace Hyperlight.Benchmarks;

/// <summary>The use of the process and the kernel at one moment: memory in KiB, numbers of descriptors, mappings and threads.</summary>
internal sealed record Counts(
    long Private, long Guest, long Managed, long Kernel, long Available, int Descriptors, int Mappings, int Threads, int KernelThreads)
{
    // Pages that no other process shares (from smaps), and kernel memory that no process is charged for (from meminfo).
    private static readonly string[] OfProcess = ["Private_Clean", "Private_Dirty"];
    private static readonly string[] OfKernel = ["SUnreclaim", "PageTables", "SecPageTables", "KernelStack", "Percpu"];

    // Since Linux 6.13 KVM's thread that splits large pages, one for each machine that has run, counts as a thread of the process.
    private const string KernelThread = "kvm-nx-lpage";

    /// <summary>Reads the counts, after a garbage collection.</summary>
    public static Counts Read()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        // Before anything below allocates.
        long managed = GC.GetTotalMemory(forceFullCollection: false) / 1024;
        string[] own = File.ReadAllLines("/proc/self/smaps_rollup");
        string[] machine = File.ReadAllLines("/proc/meminfo");
        string[] threads = [.. Directory.EnumerateDirectories("/proc/self/task").Select(NameOf)];
        int kernelThreads = threads.Count(name => name.StartsWith(KernelThread, StringComparison.Ordinal));
        return new(
            OfProcess.Sum(name => Value(own, name)),
            GuestMemory(),
            managed,
            OfKernel.Sum(name => Value(machine, name)),
            Value(machine, "MemAvailable"),
            Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(),
            File.ReadLines("/proc/self/maps").Count(),
            threads.Length - kernelThreads,
            kernelThreads);
    }

    private static string NameOf(string thread) => File.ReadAllText(Path.Combine(thread, "comm"));

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
