using System.Text.Json.Serialization;
using Hyperlight.Json;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// The state of a waiting guest's interrupt controllers, as structures of KVM (Linux, asm/kvm.h). The document has them as Base64.
/// </summary>
/// <param name="MasterPic">The first 8259A, <c>struct kvm_pic_state</c>.</param>
/// <param name="SlavePic">The second 8259A, <c>struct kvm_pic_state</c>.</param>
/// <param name="IoApic">The IOAPIC, <c>struct kvm_ioapic_state</c>.</param>
/// <param name="LocalApic">The registers of the local APIC, <c>struct kvm_lapic_state</c>.</param>
/// <param name="ApicBase">The APIC base register.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record SnapshotInterrupts(byte[] MasterPic, byte[] SlavePic, byte[] IoApic, byte[] LocalApic, ulong ApicBase)
{
    /// <summary>The size of the state of an 8259A in bytes.</summary>
    public const int PicSize = 16;

    /// <summary>The size of the state of an IOAPIC in bytes: its registers, and 24 entries of its table.</summary>
    public const int IoApicSize = 24 + (24 * sizeof(ulong));

    /// <summary>The size of the registers of a local APIC in bytes.</summary>
    public const int LocalApicSize = 1024;

    /// <summary>Reads the state.</summary>
    public static SnapshotInterrupts Read(JsonFields fields) => new(
        fields.Bytes("master_pic"),
        fields.Bytes("slave_pic"),
        fields.Bytes("io_apic"),
        fields.Bytes("local_apic"),
        fields.UInt64("apic_base"));
}
