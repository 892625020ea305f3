using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// The config of a snapshot in upstream's format, with upstream's fields in upstream's order (amd64 sheet, section 8.3; v0.16.0 for ABI
/// version 1, HEAD for 2). Upstream refuses other fields. Other facts are recorded in <see cref="SnapshotAnnotations"/>.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record SnapshotConfig
{
    /// <summary>Gets the version of the program that wrote the config. No reader checks the version.</summary>
    public required string HyperlightVersion { get; init; }

    public required string Arch { get; init; }

    public required uint AbiVersion { get; init; }

    public required string Hypervisor { get; init; }

    /// <summary>Gets the vendor of the processor, from CPUID leaf 0.</summary>
    public required string CpuVendor { get; init; }

    /// <summary>Gets the value of RSP at a call.</summary>
    public required ulong StackTopGva { get; init; }

    /// <summary>Gets the value of RIP at a call.</summary>
    public required ulong EntrypointAddr { get; init; }

    /// <summary>Gets the address of the guest's first instruction; <c>null</c> in ABI version 1.</summary>
    public ulong? OriginalEntrypointAddr { get; init; }

    public required SnapshotRegisters Sregs { get; init; }

    /// <summary>Gets the model-specific registers; <c>null</c> in ABI version 1.</summary>
    public ImmutableArray<SnapshotMsr>? Msrs { get; init; }

    public required SnapshotLayout Layout { get; init; }

    /// <summary>Gets the size of the memory blob in bytes.</summary>
    public required ulong MemorySize { get; init; }

    public required ImmutableArray<SnapshotHostFunction> HostFunctions { get; init; }

    public required ulong SnapshotGeneration { get; init; }
}

/// <summary>The sizes of a snapshot's memory in bytes.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record SnapshotLayout
{
    public required ulong InputDataSize { get; init; }

    public required ulong OutputDataSize { get; init; }

    /// <summary>
    /// Gets the heap size that upstream checks: the blob must have room for a heap of this size, see
    /// <see cref="SnapshotAnnotations.HeapSize"/>.
    /// </summary>
    public required ulong HeapSize { get; init; }

    public required ulong CodeSize { get; init; }

    public required ulong InitDataSize { get; init; }

    /// <summary>Gets the permissions of the init data; <c>null</c> for read only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public uint? InitDataPermissions { get; init; }

    public required ulong ScratchSize { get; init; }

    /// <summary>Gets the size of the part of the blob that the guest sees at the layout's base.</summary>
    public required ulong SnapshotSize { get; init; }

    /// <summary>Gets the size of the page tables, which are the rest of the blob.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public ulong? PtSize { get; init; }
}

/// <summary>A host function that the snapshot's sandbox had, with the names of its types.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal readonly record struct SnapshotHostFunction(string FunctionName, ImmutableArray<string> ParameterTypes, string ReturnType);

/// <summary>A model-specific register.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal readonly record struct SnapshotMsr(uint Index, ulong Value);
