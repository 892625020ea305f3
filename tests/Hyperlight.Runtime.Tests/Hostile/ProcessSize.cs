using System.Globalization;

namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>The resources that this process uses.</summary>
/// <param name="Host">The resources of the hypervisor.</param>
/// <param name="Descriptors">The number of open files of any kind.</param>
/// <param name="Mappings">The number of mappings of any kind.</param>
/// <param name="Threads">The number of threads.</param>
/// <param name="PrivateMemory">The private memory that the process has written to, in bytes.</param>
internal sealed record ProcessSize(HostState Host, int Descriptors, int Mappings, int Threads, long PrivateMemory)
{
    // The resources of our own code (Host) must not grow at all. The other limits leave room for the .NET runtime: files, threads of its
    // pool, mappings, and memory for code that is compiled again. A leak in each of 1,800 cycles would be 1,800 descriptors, or 7 MiB of
    // pages.
    private const int MoreDescriptors = 20;
    private const int MoreMappings = 60;
    private const int MoreThreads = 4;
    private const long MorePrivateMemory = 6 << 20;

    /// <summary>Collects garbage and reads the current size.</summary>
    public static ProcessSize Now()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return new(
            HostState.Now(),
            ProcessCounts.Descriptors,
            ProcessCounts.Mappings,
            ProcessCounts.Threads,
            File.ReadLines("/proc/self/smaps_rollup")
                .Where(line => line.StartsWith("Private_Dirty:", StringComparison.Ordinal))
                .Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024));
    }

    public void AssertFlatSince(ProcessSize before)
    {
        TestContext.Current.SendDiagnosticMessage($"{before} -> {this}");
        Assert.Equal(before.Host, Host);
        Assert.InRange(Descriptors, 0, before.Descriptors + MoreDescriptors);
        Assert.InRange(Mappings, 0, before.Mappings + MoreMappings);
        Assert.InRange(Threads, 0, before.Threads + MoreThreads);
        Assert.InRange(PrivateMemory, 0, before.PrivateMemory + MorePrivateMemory);
    }
}
