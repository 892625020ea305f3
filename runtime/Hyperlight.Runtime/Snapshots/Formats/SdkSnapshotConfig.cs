using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Hyperlight.Files;
using Hyperlight.Images;
using Hyperlight.Json;
using Hyperlight.Layouts;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// The config of a snapshot in our own format, for guests that upstream has no format for (docs/image-format.md). Addresses and sizes are
/// in bytes. A snapshot of a guest without paging has <see cref="Stored"/> and <see cref="PageCount"/>. A snapshot of a guest with paging
/// has <see cref="MemorySize"/> and <see cref="TablesSize"/>.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record SdkSnapshotConfig
{
    /// <summary>The version of the schema that this SDK writes. Other versions are refused.</summary>
    public const int CurrentSchemaVersion = 3;

    /// <summary>Gets the version of the schema.</summary>
    public required int SchemaVersion { get; init; }

    /// <summary>Gets the version of the SDK that wrote the config. No reader checks the version.</summary>
    public required string SdkVersion { get; init; }

    public required string Arch { get; init; }

    /// <summary>
    /// Gets the name of the hypervisor that the snapshot was taken on. Only a snapshot with <see cref="Interrupts"/> is bound to the
    /// hypervisor.
    /// </summary>
    public required string Hypervisor { get; init; }

    /// <summary>Gets the vendor of the processor, from CPUID leaf 0.</summary>
    public required string CpuVendor { get; init; }

    /// <summary>Gets the name of the layout, see <see cref="GuestLayouts"/>.</summary>
    public required string Layout { get; init; }

    /// <summary>Gets the address at which the guest's memory starts.</summary>
    public required GuestPhysicalAddress Base { get; init; }

    public required GuestSizes Sizes { get; init; }

    /// <summary>Gets the size of the guest's loaded segments with the gaps between them, in bytes.</summary>
    public required ulong CodeSize { get; init; }

    /// <summary>Gets the parts of the image's memory that the first layer stores; the rest is zero. <c>null</c> with paging.</summary>
    public ImmutableArray<StoredRange>? Stored { get; init; }

    /// <summary>Gets the number of pages in the second layer; <c>null</c> with paging.</summary>
    public ulong? PageCount { get; init; }

    /// <summary>Gets the size of the part of the layer that the guest sees at <see cref="Base"/>; <c>null</c> without paging.</summary>
    public ulong? MemorySize { get; init; }

    /// <summary>Gets the size of the page tables, which are the rest of the layer; <c>null</c> without paging.</summary>
    public ulong? TablesSize { get; init; }

    /// <summary>Gets the guest's name; <c>null</c> if readers would refuse the name.</summary>
    public string? GuestName { get; init; }

    /// <summary>
    /// Gets the digest of the manifest of the image that the guest was started from; <c>null</c> if the digest is not known.
    /// </summary>
    public string? ImageDigest { get; init; }

    /// <summary>Gets the address of the guest's first instruction; <c>null</c> if the address is not known.</summary>
    public GuestVirtualAddress? EntryPoint { get; init; }

    /// <summary>Gets the value of EIP or RIP at a call.</summary>
    public required ulong CallEntry { get; init; }

    /// <summary>Gets the value of ESP or RSP at a call.</summary>
    public required ulong CallStack { get; init; }

    public required SdkSnapshotRegisters Sregs { get; init; }

    public required ulong Cr3 { get; init; }

    public required ulong Xcr0 { get; init; }

    public required ImmutableArray<SnapshotMsr> Msrs { get; init; }

    /// <summary>Gets the numbers of the model-specific registers that the guest may use.</summary>
    public required ImmutableArray<uint> AllowedMsrs { get; init; }

    /// <summary>
    /// Gets the state of the interrupt controllers; <c>null</c> unless <see cref="GuestSizes.HardwareInterrupts"/> is set.
    /// </summary>
    public SnapshotInterrupts? Interrupts { get; init; }

    public required ImmutableArray<SnapshotHostFunction> HostFunctions { get; init; }

    /// <summary>Gets the number of snapshots that the guest has been through.</summary>
    public required ulong Generation { get; init; }

    /// <summary>Reads a config.</summary>
    public static SdkSnapshotConfig Read(JsonFields fields) => new()
    {
        SchemaVersion = fields.Int32("schema_version"),
        SdkVersion = fields.Text("sdk_version"),
        Arch = fields.Text("arch"),
        Hypervisor = fields.Text("hypervisor"),
        CpuVendor = fields.Text("cpu_vendor"),
        Layout = fields.Text("layout"),
        Base = new(fields.UInt64("base")),
        Sizes = fields.Object("sizes", ImageFields.Sizes),
        CodeSize = fields.UInt64("code_size"),
        Stored = fields.Has("stored") ? fields.Objects("stored", ImageFields.StoredRange) : null,
        PageCount = fields.Has("page_count") ? fields.UInt64("page_count") : null,
        MemorySize = fields.Has("memory_size") ? fields.UInt64("memory_size") : null,
        TablesSize = fields.Has("tables_size") ? fields.UInt64("tables_size") : null,
        GuestName = fields.TextOrNull("guest_name"),
        ImageDigest = fields.TextOrNull("image_digest"),
        EntryPoint = fields.Has("entry_point") ? new(fields.UInt64("entry_point")) : null,
        CallEntry = fields.UInt64("call_entry"),
        CallStack = fields.UInt64("call_stack"),
        Sregs = fields.Object("sregs", SdkSnapshotRegisters.Read),
        Cr3 = fields.UInt64("cr3"),
        Xcr0 = fields.UInt64("xcr0"),
        Msrs = fields.Objects("msrs", SnapshotMsr.Read),
        AllowedMsrs = [.. fields.Numbers("allowed_msrs", uint.MaxValue).Select(index => (uint)index)],
        Interrupts = fields.Has("interrupts") ? fields.Object("interrupts", SnapshotInterrupts.Read) : null,
        HostFunctions = fields.Objects("host_functions", SnapshotHostFunction.Read),
        Generation = fields.UInt64("generation"),
    };
}
