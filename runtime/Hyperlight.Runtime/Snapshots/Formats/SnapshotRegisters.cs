using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Hyperlight.Json;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// The segment, table and control registers of a snapshot in upstream's format. CR3 follows from the layout and is not recorded.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record SnapshotRegisters(
    SnapshotSegment Cs,
    SnapshotSegment Ds,
    SnapshotSegment Es,
    SnapshotSegment Fs,
    SnapshotSegment Gs,
    SnapshotSegment Ss,
    SnapshotSegment Tr,
    SnapshotSegment Ldt,
    SnapshotTable Gdt,
    SnapshotTable Idt,
    ulong Cr0,
    ulong Cr2,
    ulong Cr4,
    ulong Cr8,
    ulong Efer,
    ulong ApicBase,
    ImmutableArray<ulong> InterruptBitmap)
{
    /// <summary>Reads the registers.</summary>
    public static SnapshotRegisters Read(JsonFields fields) => new(
        fields.Object("cs", SnapshotSegment.Read),
        fields.Object("ds", SnapshotSegment.Read),
        fields.Object("es", SnapshotSegment.Read),
        fields.Object("fs", SnapshotSegment.Read),
        fields.Object("gs", SnapshotSegment.Read),
        fields.Object("ss", SnapshotSegment.Read),
        fields.Object("tr", SnapshotSegment.Read),
        fields.Object("ldt", SnapshotSegment.Read),
        fields.Object("gdt", SnapshotTable.Read),
        fields.Object("idt", SnapshotTable.Read),
        fields.UInt64("cr0"),
        fields.UInt64("cr2"),
        fields.UInt64("cr4"),
        fields.UInt64("cr8"),
        fields.UInt64("efer"),
        fields.UInt64("apic_base"),
        fields.Numbers("interrupt_bitmap"));
}

/// <summary>A segment register with its hidden part. Upstream's name of the property Type has an underscore at its end.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal readonly record struct SnapshotSegment(
    ulong Base,
    uint Limit,
    ushort Selector,
    [property: JsonPropertyName("type_")] byte Type,
    byte Present,
    byte Dpl,
    byte Db,
    byte S,
    byte L,
    byte G,
    byte Avl,
    byte Unusable,
    byte Padding)
{
    /// <summary>Reads a segment register.</summary>
    public static SnapshotSegment Read(JsonFields fields) => new(
        fields.UInt64("base"),
        fields.UInt32("limit"),
        fields.UInt16("selector"),
        fields.Byte("type_"),
        fields.Byte("present"),
        fields.Byte("dpl"),
        fields.Byte("db"),
        fields.Byte("s"),
        fields.Byte("l"),
        fields.Byte("g"),
        fields.Byte("avl"),
        fields.Byte("unusable"),
        fields.Byte("padding"));
}

/// <summary>The register of a descriptor table.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal readonly record struct SnapshotTable(ulong Base, ushort Limit)
{
    /// <summary>Reads the register of a descriptor table.</summary>
    public static SnapshotTable Read(JsonFields fields) => new(fields.UInt64("base"), fields.UInt16("limit"));
}
