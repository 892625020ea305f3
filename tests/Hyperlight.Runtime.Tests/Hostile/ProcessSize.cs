using System.Globalization;

namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>What this process takes of its machine.</summary>
/// <param name="Host">What it has of the hypervisor's.</param>
/// <param name="Descriptors">Open files of any kind.</param>
/// <param name="Mappings">Mappings of any kind.</param>
/// <param name="Threads">Threads.</param>
/// <param name="PrivateMemory">Bytes that it has written to and shares with nobody.</param>
internal sealed record ProcessSize(HostState Host, int Descriptors, int Mappings, int Threads, long PrivateMemory)
{
    // What is ours is flat to the last one (Host). The rest leaves the .NET runtime room for its own: files it opens, threads its pool
    // adds, mappings and memory of code it compiles again. One leaked in each of 1,800 cycles would be 1,800, and one page in each 7 MiB.
    private const int MoreDescriptors = 20;
    private const int MoreMappings = 60;
    private const int MoreThreads = 4;
    private const long MorePrivateMemory = 6 << 20;

    /// <summary>What it is now, once the garbage is collected.</summary>
    public static ProcessSize Now()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return new(
            HostState.Now(),
            Directory.GetFileSystemEntries("/proc/self/fd").Length,
            File.ReadAllLines("/proc/self/maps").Length,
            Directory.GetDirectories("/proc/self/task").Length,
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
