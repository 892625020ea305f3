namespace Hyperlight.Hypervisors;

/// <summary>What the registers of a saved processor are bound to: another computer has to be equal in all of it to take them.</summary>
/// <param name="Architecture">The instruction set, <c>x86_64</c>.</param>
/// <param name="Hypervisor">The name of the hypervisor, see <see cref="IHypervisor.Name"/>.</param>
/// <param name="CpuVendor">The maker of the processor.</param>
internal sealed record MachineIdentity(string Architecture, string Hypervisor, CpuVendor CpuVendor);
