using System.Runtime.InteropServices;

namespace Hyperlight.Benchmarks;

/// <summary>The machine that the benchmarks run on.</summary>
internal static class Machine
{
    /// <summary>Prints the processor, the kernel, the KVM modules and the .NET version.</summary>
    public static void Print()
    {
        string processor = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("model name", StringComparison.Ordinal))
            .Split(':')[1].Trim();
        string kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        string[] modules = [.. Directory.EnumerateDirectories("/sys/module", "kvm_*").Select(path => Path.GetFileName(path)).Order()];
        Console.WriteLine(
            $"machine: {Environment.ProcessorCount} x {processor}, Linux {kernel}, {string.Join(' ', modules)}, "
                + $"{RuntimeInformation.FrameworkDescription}");
        Console.WriteLine($"load: {File.ReadAllText("/proc/loadavg").Trim()}");
    }
}
