namespace Hyperlight.Hypervisors;

/// <summary>
/// The properties of a computer that a guest's memory and registers depend on, whatever the hypervisor is. Another computer can take them
/// only if all its properties are equal.
/// </summary>
/// <param name="Architecture">The instruction set, <c>x86_64</c>.</param>
/// <param name="CpuVendor">The maker of the processor.</param>
internal sealed record MachineIdentity(string Architecture, CpuVendor CpuVendor);
