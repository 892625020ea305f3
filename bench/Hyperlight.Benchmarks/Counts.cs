using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;

namespace Hyperlight.Benchmarks;

/// <summary>The use of the process and the kernel at one moment: memory in KiB, numbers of descriptors, mappings and threads.</summary>
/// <param name="Private">The memory that no other process shares, without files of programs: the next three, and what is left over.</param>
/// <param name="Guest">The part of it that guests see.</param>
/// <param name="Processors">The part of it that is shared with the kernel for virtual processors.</param>
/// <param name="Managed">The part of it that is objects.</param>
/// <param name="Kernel">The memory of the kernel that no process is charged for.</param>
/// <param name="Available">The memory that the system could give to programs.</param>
/// <param name="Descriptors">The number of open files.</param>
/// <param name="Mappings">The number of mappings of memory.</param>
/// <param name="Threads">The number of threads without those of the kernel.</param>
/// <param name="KernelThreads">The number of the kernel's threads that count as threads of the process.</param>
internal sealed partial record Counts(
    long Private,
    long Guest,
    long Processors,
    long Managed,
    long Kernel,
    long Available,
    int Descriptors,
    int Mappings,
    int Threads,
    int KernelThreads)
{
    // Pages that no other process shares (from smaps), and kernel memory that no process is charged for (from meminfo).
    private static readonly string[] OfProcess = ["Private_Clean", "Private_Dirty"];
    private static readonly string[] OfKernel = ["SUnreclaim", "PageTables", "SecPageTables", "KernelStack", "Percpu"];

    // Since Linux 6.13 KVM's thread that splits large pages, one for each machine that has run, counts as a thread of the process.
    private const string KernelThread = "kvm-nx-lpage";

    // M_TRIM_THRESHOLD and M_MMAP_MAX in malloc.h of the GNU C library.
    private const int TrimThreshold = -1;
    private const int MostMappings = -4;

    /// <summary>
    /// Gets the private memory that is neither a guest's, nor a processor's, nor objects: code, the runtime's own data, malloc.
    /// </summary>
    public long Other => Private - Guest - Processors - Managed;

    /// <summary>Waits until no method was compiled for a time.</summary>
    public static void AwaitCompiler(TimeSpan time)
    {
        long compiled;
        do
        {
            compiled = JitInfo.GetCompiledMethodCount();
            Thread.Sleep(time);
        }
        while (JitInfo.GetCompiledMethodCount() != compiled);
    }

    /// <summary>Reads the counts, after a garbage collection that gives the memory of garbage back to the kernel.</summary>
    public static Counts Read()
    {
        Collect();
        GC.WaitForPendingFinalizers();
        Collect();

        // Before anything below allocates.
        long managed = GC.GetTotalMemory(forceFullCollection: false) / 1024;
        string[] own = File.ReadAllLines("/proc/self/smaps_rollup");
        string[] machine = File.ReadAllLines("/proc/meminfo");
        string[] threads = [.. Directory.EnumerateDirectories("/proc/self/task").Select(NameOf)];
        int kernelThreads = threads.Count(name => name.StartsWith(KernelThread, StringComparison.Ordinal));
        Mapping[] mappings = [.. Mapping.ReadAll()];
        return new(
            OfProcess.Sum(name => Value(own, name)) - mappings.Where(mapping => mapping.IsProgram).Sum(mapping => mapping.Private),
            mappings.Where(mapping => mapping.IsGuestMemory).Sum(mapping => mapping.Private),
            mappings.Where(mapping => mapping.IsProcessor).Sum(mapping => mapping.Private),
            managed,
            OfKernel.Sum(name => Value(machine, name)),
            Value(machine, "MemAvailable"),
            Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(),
            mappings.Length,
            threads.Length - kernelThreads,
            kernelThreads);
    }

    private static void Collect() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    /// <summary>
    /// Makes malloc keep free memory. The compiler of .NET takes and frees megabytes, which would otherwise go back to the kernel at some
    /// moment between two counts.
    /// </summary>
    public static void KeepFreeMemory()
    {
        try
        {
            _ = SetMalloc(TrimThreshold, int.MaxValue);
            _ = SetMalloc(MostMappings, 0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than that of GNU.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetMalloc(int parameter, int value);

    private static string NameOf(string thread) => File.ReadAllText(Path.Combine(thread, "comm"));

    private static long Value(string[] lines, string name) =>
        Kibibytes(lines.First(line => line.StartsWith(name + ":", StringComparison.Ordinal)));

    private static long Kibibytes(string line) =>
        long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    /// <summary>A mapping of memory, from /proc/self/smaps.</summary>
    /// <param name="Name">The name of the file; empty for memory without a file.</param>
    /// <param name="Private">The memory in KiB that no other process shares.</param>
    /// <param name="Flags">The kernel's flags, with a space before and behind each.</param>
    private readonly record struct Mapping(string Name, long Private, string Flags)
    {
        /// <summary>
        /// Gets whether a guest sees the memory: a view of a file of the runtime, or memory without a file, for which no swap is set aside
        /// ("nr") and which is not part of core files ("dd"). Memory of malloc has "nr" only, memory that the runtime reserves "dd" only.
        /// </summary>
        public bool IsGuestMemory => Name.StartsWith("/memfd:hyperlight", StringComparison.Ordinal)
            || (Name.Length == 0 && Flags.Contains(" nr ", StringComparison.Ordinal) && Flags.Contains(" dd ", StringComparison.Ordinal));

        /// <summary>
        /// Gets whether the memory is a file of a program. Whether other processes share such memory depends on which other programs run.
        /// </summary>
        public bool IsProgram => Name.StartsWith('/') && !Name.StartsWith("/memfd:", StringComparison.Ordinal);

        /// <summary>Gets whether a virtual processor shares the memory with the kernel.</summary>
        public bool IsProcessor => Name.StartsWith("anon_inode:kvm-vcpu", StringComparison.Ordinal);

        public static IEnumerable<Mapping> ReadAll()
        {
            string name = "";
            long memory = 0;
            foreach (string line in File.ReadLines("/proc/self/smaps"))
            {
                if (!char.IsAsciiLetterUpper(line[0]))
                {
                    // Address, permissions, offset, device, inode, name.
                    string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                    name = fields.Length == 6 ? fields[5] : "";
                    memory = 0;
                }
                else if (line.StartsWith("Private_", StringComparison.Ordinal))
                {
                    memory += Kibibytes(line);
                }
                else if (line.StartsWith("VmFlags:", StringComparison.Ordinal))
                {
                    yield return new(name, memory, line["VmFlags:".Length..] + " ");
                }
            }
        }
    }
}
