using Hyperlight.Runtime.Tests.Hypervisors.Kvm;

namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>
/// The kernel's view of the resources of a host and of the signals of its thread. If two states are equal, nothing was left behind.
/// </summary>
/// <param name="Machines">The number of open virtual machines.</param>
/// <param name="Processors">The number of open virtual processors.</param>
/// <param name="Files">The number of open files in memory and of open image files.</param>
/// <param name="SharedPages">The number of mapped pages that KVM shares with the process.</param>
/// <param name="ImageMappings">The number of mappings of images and of files in memory.</param>
/// <param name="Signals">The signals that the thread blocks and the signals that the process ignores or catches.</param>
internal sealed record HostState(int Machines, int Processors, int Files, int SharedPages, int ImageMappings, string Signals)
{
    /// <summary>
    /// Reads the current state, without the machine that is kept for the next sandbox. No other test may run at the same time.
    /// </summary>
    public static HostState Now()
    {
        KeptMachine.Close();
        return WithKeptMachine();
    }

    /// <summary>Reads the current state, with the machine that is kept for the next sandbox.</summary>
    public static HostState WithKeptMachine()
    {
        string[] files = [.. Directory.EnumerateFileSystemEntries("/proc/self/fd").Select(path => new FileInfo(path).LinkTarget ?? "")];
        string[] mappings = File.ReadAllLines("/proc/self/maps");
        return new(
            Count(files, "kvm-vm"),
            Count(files, "kvm-vcpu"),
            Count(files, "hyperlight-") + Count(files, "blobs/sha256"),
            Count(mappings, "kvm-vcpu"),
            Count(mappings, "hyperlight-") + Count(mappings, "blobs/sha256"),
            string.Join(' ', File.ReadLines("/proc/thread-self/status").Where(
                line => line.Length > 6 && line[..6] is "SigBlk" or "SigIgn" or "SigCgt")));
    }

    private static int Count(string[] lines, string part) => lines.Count(line => line.Contains(part, StringComparison.Ordinal));
}
