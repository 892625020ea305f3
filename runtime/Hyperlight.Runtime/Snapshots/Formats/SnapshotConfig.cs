using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Hyperlight.Json;

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

    /// <summary>Reads a config.</summary>
    public static SnapshotConfig Read(JsonFields fields) => new()
    {
        HyperlightVersion = fields.Text("hyperlight_version"),
        Arch = fields.Text("arch"),
        AbiVersion = fields.UInt32("abi_version"),
        Hypervisor = fields.Text("hypervisor"),
        CpuVendor = fields.Text("cpu_vendor"),
        StackTopGva = fields.UInt64("stack_top_gva"),
        EntrypointAddr = fields.UInt64("entrypoint_addr"),
        OriginalEntrypointAddr = fields.Has("original_entrypoint_addr") ? fields.UInt64("original_entrypoint_addr") : null,
        Sregs = fields.Object("sregs", SnapshotRegisters.Read),
        Msrs = fields.Has("msrs") ? fields.Objects("msrs", SnapshotMsr.Read) : null,
        Layout = fields.Object("layout", SnapshotLayout.Read),
        MemorySize = fields.UInt64("memory_size"),
        HostFunctions = fields.Objects("host_functions", SnapshotHostFunction.Read),
        SnapshotGeneration = fields.UInt64("snapshot_generation"),
    };
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

    /// <summary>Reads the sizes.</summary>
    public static SnapshotLayout Read(JsonFields fields) => new()
    {
        InputDataSize = fields.UInt64("input_data_size"),
        OutputDataSize = fields.UInt64("output_data_size"),
        HeapSize = fields.UInt64("heap_size"),
        CodeSize = fields.UInt64("code_size"),
        InitDataSize = fields.UInt64("init_data_size"),
        InitDataPermissions = fields.Has("init_data_permissions") ? fields.UInt32("init_data_permissions") : null,
        ScratchSize = fields.UInt64("scratch_size"),
        SnapshotSize = fields.UInt64("snapshot_size"),
        PtSize = fields.Has("pt_size") ? fields.UInt64("pt_size") : null,
    };
}

/// <summary>A host function that the snapshot's sandbox had, with the names of its types.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal readonly record struct SnapshotHostFunction(string FunctionName, ImmutableArray<string> ParameterTypes, string ReturnType)
{
    /// <summary>Reads a host function.</summary>
    public static SnapshotHostFunction Read(JsonFields fields) =>
        new(fields.Text("function_name"), fields.Texts("parameter_types"), fields.Text("return_type"));
}

/// <summary>A model-specific register.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[method: JsonConstructor]
internal readonly record struct SnapshotMsr(uint Index, ulong Value)
{
    /// <summary>Reads a model-specific register.</summary>
    public static SnapshotMsr Read(JsonFields fields) => new(fields.UInt32("index"), fields.UInt64("value"));
}
