using System.Text.Json.Serialization;

namespace Hyperlight.Snapshots.Formats;

/// <summary>What the interrupt controllers of a waiting guest hold, in KVM's words (Linux, asm/kvm.h), which the document has as Base64.</summary>
/// <param name="MasterPic">The first 8259A, <c>struct kvm_pic_state</c>.</param>
/// <param name="SlavePic">The second one.</param>
/// <param name="IoApic">The IOAPIC, <c>struct kvm_ioapic_state</c>.</param>
/// <param name="LocalApic">The registers of the local APIC, <c>struct kvm_lapic_state</c>.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record SnapshotInterrupts(byte[] MasterPic, byte[] SlavePic, byte[] IoApic, byte[] LocalApic)
{
    /// <summary>Bytes of an 8259A.</summary>
    public const int PicSize = 16;

    /// <summary>Bytes of an IOAPIC: its registers, and 24 entries of its table.</summary>
    public const int IoApicSize = 24 + (24 * sizeof(ulong));

    /// <summary>Bytes of a local APIC.</summary>
    public const int LocalApicSize = 1024;
}
