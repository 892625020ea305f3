namespace Hyperlight.Hypervisors;

/// <summary>
/// The properties of a computer that saved registers depend on. Another computer can take the registers only if all its properties are
/// equal.
/// </summary>
/// <param name="Architecture">The instruction set, <c>x86_64</c>.</param>
/// <param name="Hypervisor">The name of the hypervisor, see <see cref="IHypervisor.Name"/>.</param>
/// <param name="CpuVendor">The maker of the processor.</param>
internal sealed record MachineIdentity(string Architecture, string Hypervisor, CpuVendor CpuVendor);
