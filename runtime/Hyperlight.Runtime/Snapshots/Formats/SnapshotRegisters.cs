using System.Collections.Immutable;
using System.Text.Json.Serialization;

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
    ImmutableArray<ulong> InterruptBitmap);

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
    byte Padding);

/// <summary>The register of a descriptor table.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal readonly record struct SnapshotTable(ulong Base, ushort Limit);
