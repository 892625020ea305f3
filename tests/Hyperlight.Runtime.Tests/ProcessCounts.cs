namespace Hyperlight.Runtime.Tests;

/// <summary>Counts what this process has open. Tests that need exact numbers run alone.</summary>
internal static class ProcessCounts
{
    /// <summary>The number of open files.</summary>
    public static int Descriptors => DescriptorNames.Length;

    /// <summary>The open files, each by the path of its descriptor.</summary>
    public static string[] DescriptorNames => Directory.GetFileSystemEntries("/proc/self/fd");

    /// <summary>The number of memory mappings.</summary>
    public static int Mappings => MappedRanges.Length;

    /// <summary>The memory mappings, each by its range of addresses.</summary>
    public static string[] MappedRanges => [.. File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[0])];

    /// <summary>The number of threads.</summary>
    public static int Threads => Directory.GetDirectories("/proc/self/task").Length;

    /// <summary>Waits until the finalizers of what earlier tests left have closed and unmapped it.</summary>
    public static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    /// <summary>Gets the names of the threads, of which the kernel keeps the first 15 characters.</summary>
    public static IEnumerable<string> ThreadNames()
    {
        foreach (string thread in Directory.GetDirectories("/proc/self/task"))
        {
            if (ReadName(thread) is { } name)
            {
                yield return name;
            }
        }
    }

    // The thread may end before its name is read.
    private static string? ReadName(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm")).TrimEnd('\n');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
