namespace Hyperlight.Snapshots.Formats;

/// <summary>What a snapshot is bound to, by upstream's names: its registers mean something only there.</summary>
/// <param name="Arch">The architecture.</param>
/// <param name="Hypervisor">The hypervisor.</param>
/// <param name="CpuVendor">What CPUID leaf 0 says.</param>
internal sealed record SnapshotMachine(string Arch, string Hypervisor, string CpuVendor);
