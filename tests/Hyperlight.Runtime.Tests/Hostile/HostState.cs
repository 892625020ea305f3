using Hyperlight.Runtime.Tests.Hypervisors;

namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>
/// What a host has open and how its thread is set up, as the kernel sees it. Two that are equal: nothing was left behind.
/// </summary>
/// <param name="Machines">Open virtual machines.</param>
/// <param name="Processors">Open virtual processors.</param>
/// <param name="Files">Open files in memory and files of images.</param>
/// <param name="SharedPages">Mappings of pages that KVM shares with its user.</param>
/// <param name="ImageMappings">Mappings of images and of files in memory.</param>
/// <param name="Signals">The signals that this thread blocks, and those that the process ignores and catches.</param>
internal sealed record HostState(int Machines, int Processors, int Files, int SharedPages, int ImageMappings, string Signals)
{
    /// <summary>What it is now, without the machine that is kept for the next sandbox. Only meaningful while no other test runs.</summary>
    public static HostState Now()
    {
        KeptMachine.Close();
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
