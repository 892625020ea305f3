using System.Text.Json.Serialization;
using Hyperlight.Json;

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
    ulong Efer)
{
    /// <summary>Reads the registers.</summary>
    public static SdkSnapshotRegisters Read(JsonFields fields) => new(
        fields.Object("cs", SdkSnapshotSegment.Read),
        fields.Object("ds", SdkSnapshotSegment.Read),
        fields.Object("es", SdkSnapshotSegment.Read),
        fields.Object("fs", SdkSnapshotSegment.Read),
        fields.Object("gs", SdkSnapshotSegment.Read),
        fields.Object("ss", SdkSnapshotSegment.Read),
        fields.Object("tr", SdkSnapshotSegment.Read),
        fields.Object("ldt", SdkSnapshotSegment.Read),
        fields.Object("gdt", SnapshotTable.Read),
        fields.Object("idt", SnapshotTable.Read),
        fields.UInt64("cr0"),
        fields.UInt64("cr2"),
        fields.UInt64("cr4"),
        fields.UInt64("cr8"),
        fields.UInt64("efer"));
}

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
    byte Avl)
{
    /// <summary>Reads a segment register.</summary>
    public static SdkSnapshotSegment Read(JsonFields fields) => new(
        fields.UInt64("base"),
        fields.UInt32("limit"),
        fields.UInt16("selector"),
        fields.Byte("type"),
        fields.Byte("present"),
        fields.Byte("dpl"),
        fields.Byte("db"),
        fields.Byte("s"),
        fields.Byte("l"),
        fields.Byte("g"),
        fields.Byte("avl"));
}
