using System.Text.Json.Serialization;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// The segment, table and control registers of a snapshot in our own format, with values that do not depend on the hypervisor. CR3 is a
/// field of its own.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record SdkSnapshotRegisters(
    SdkSnapshotSegment Cs,
    SdkSnapshotSegment Ds,
    SdkSnapshotSegment Es,
    SdkSnapshotSegment Fs,
    SdkSnapshotSegment Gs,
    SdkSnapshotSegment Ss,
    SdkSnapshotSegment Tr,
    SdkSnapshotSegment Ldt,
    SnapshotTable Gdt,
    SnapshotTable Idt,
    ulong Cr0,
    ulong Cr2,
    ulong Cr4,
    ulong Cr8,
    ulong Efer);

/// <summary>A segment register with its hidden part. A register that no segment has been loaded into is not present.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal readonly record struct SdkSnapshotSegment(
    ulong Base,
    uint Limit,
    ushort Selector,
    byte Type,
    byte Present,
    byte Dpl,
    byte Db,
    byte S,
    byte L,
    byte G,
    byte Avl);
