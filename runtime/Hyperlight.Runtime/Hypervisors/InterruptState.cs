namespace Hyperlight.Hypervisors;

/// <summary>
/// The content of a virtual machine's interrupt controllers. Nothing outside the hypervisor reads the bytes, which are in the hypervisor's
/// own form: machines of other hypervisors cannot take them.
/// </summary>
/// <param name="MasterPic">The first 8259A.</param>
/// <param name="SlavePic">The second 8259A.</param>
/// <param name="IoApic">The IOAPIC.</param>
/// <param name="LocalApic">The registers of the processor's local APIC.</param>
/// <param name="ApicBase">The APIC base register: the address of the local APIC, and whether the local APIC is on.</param>
/// <param name="Vector">
/// The vector of the interrupt that the controllers have handed to the processor, which takes the interrupt next; <c>null</c> if there is
/// none.
/// </param>
internal sealed record InterruptState(
    byte[] MasterPic, byte[] SlavePic, byte[] IoApic, byte[] LocalApic, ulong ApicBase, byte? Vector);
