namespace Hyperlight.Hypervisors.Kvm;

/// <summary>What the interrupt controllers of a virtual machine hold, in KVM's words and as it gave them: no byte of it is looked at.</summary>
/// <param name="MasterPic">The first 8259A.</param>
/// <param name="SlavePic">The second one.</param>
/// <param name="IoApic">The IOAPIC.</param>
/// <param name="LocalApic">The registers of the processor's local APIC.</param>
internal sealed record InterruptState(byte[] MasterPic, byte[] SlavePic, byte[] IoApic, byte[] LocalApic);
