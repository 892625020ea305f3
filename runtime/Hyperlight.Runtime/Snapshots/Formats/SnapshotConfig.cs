using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// What upstream records about a snapshot, field for field in its order (amd64 sheet, section 8.3; v0.16.0 for ABI version 1, HEAD for 2). Upstream
/// refuses any other field, so what else there is to say stands in <see cref="SnapshotAnnotations"/>.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record SnapshotConfig
{
    /// <summary>Who wrote it. Nobody checks it.</summary>
    public required string HyperlightVersion { get; init; }

    public required string Arch { get; init; }

    public required uint AbiVersion { get; init; }

    public required string Hypervisor { get; init; }

    /// <summary>What CPUID leaf 0 says.</summary>
    public required string CpuVendor { get; init; }

    /// <summary>RSP at a call.</summary>
    public required ulong StackTopGva { get; init; }

    /// <summary>RIP at a call.</summary>
    public required ulong EntrypointAddr { get; init; }

    /// <summary>ABI version 2 only: the guest's first instruction.</summary>
    public ulong? OriginalEntrypointAddr { get; init; }

    public required SnapshotRegisters Sregs { get; init; }

    /// <summary>ABI version 2 only.</summary>
    public ImmutableArray<SnapshotMsr>? Msrs { get; init; }

    public required SnapshotLayout Layout { get; init; }

    /// <summary>Bytes of the memory blob.</summary>
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

    /// <summary>Upstream wants the blob to have room for this much, see <see cref="SnapshotAnnotations.HeapSize"/>.</summary>
    public required ulong HeapSize { get; init; }

    public required ulong CodeSize { get; init; }

    public required ulong InitDataSize { get; init; }

    /// <summary>Null where it does not matter: read only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public uint? InitDataPermissions { get; init; }

    public required ulong ScratchSize { get; init; }

    /// <summary>The part of the blob that the guest sees at the layout's base.</summary>
    public required ulong SnapshotSize { get; init; }

    /// <summary>The part of the blob behind that: page tables.</summary>
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
