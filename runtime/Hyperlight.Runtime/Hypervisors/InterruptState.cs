namespace Hyperlight.Hypervisors;

/// <summary>
/// The content of a virtual machine's interrupt controllers, in the hypervisor's own form. Nothing outside the hypervisor reads the bytes.
/// </summary>
/// <param name="MasterPic">The first 8259A.</param>
/// <param name="SlavePic">The second 8259A.</param>
/// <param name="IoApic">The IOAPIC.</param>
/// <param name="LocalApic">The registers of the processor's local APIC.</param>
internal sealed record InterruptState(byte[] MasterPic, byte[] SlavePic, byte[] IoApic, byte[] LocalApic);
