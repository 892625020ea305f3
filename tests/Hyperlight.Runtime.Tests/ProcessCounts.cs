namespace Hyperlight.Runtime.Tests;

/// <summary>Counts what this process has open. Tests that need exact numbers run alone.</summary>
internal static class ProcessCounts
{
    /// <summary>The number of open files.</summary>
    public static int Descriptors => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    /// <summary>The number of memory mappings.</summary>
    public static int Mappings => File.ReadAllLines("/proc/self/maps").Length;

    /// <summary>The number of threads.</summary>
    public static int Threads => Directory.GetDirectories("/proc/self/task").Length;

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
