using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Hyperlight.Images;
using Hyperlight.Layouts;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// What our own format records about a snapshot: that of guests for which upstream has none (docs/image-format.md). Addresses and sizes are in bytes. The
/// memory of a guest without paging has <see cref="Stored"/> and <see cref="PageCount"/>, that of one with paging <see cref="MemorySize"/> and <see cref="TablesSize"/>.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record SdkSnapshotConfig
{
    /// <summary>The schema this version writes, and the only one it reads.</summary>
    public const int CurrentSchemaVersion = 2;

    /// <summary>The version of these fields.</summary>
    public required int SchemaVersion { get; init; }

    /// <summary>The SDK version that wrote it. Nobody checks it.</summary>
    public required string SdkVersion { get; init; }

    public required string Arch { get; init; }

    public required string Hypervisor { get; init; }

    /// <summary>What CPUID leaf 0 says.</summary>
    public required string CpuVendor { get; init; }

    /// <summary>The id of the ABI profile, see <see cref="GuestLayouts"/>.</summary>
    public required string Layout { get; init; }

    /// <summary>Where the guest's memory starts.</summary>
    public required GuestPhysicalAddress Base { get; init; }

    public required GuestSizes Sizes { get; init; }

    /// <summary>Bytes from the first to the last byte of the guest's loaded segments.</summary>
    public required ulong CodeSize { get; init; }

    /// <summary>Without paging: the parts of the image's memory that the first layer has; all else is zero.</summary>
    public ImmutableArray<StoredRange>? Stored { get; init; }

    /// <summary>Without paging: pages in the second layer.</summary>
    public ulong? PageCount { get; init; }

    /// <summary>With paging: the part of the only layer that the guest sees at <see cref="Base"/>.</summary>
    public ulong? MemorySize { get; init; }

    /// <summary>With paging: the part of the layer behind that.</summary>
    public ulong? TablesSize { get; init; }

    /// <summary>The guest's name; null when it is none that a reader accepts.</summary>
    public string? GuestName { get; init; }

    /// <summary>The digest of the manifest of the image that the guest was started from, null when it is not known.</summary>
    public string? ImageDigest { get; init; }

    /// <summary>The guest's first instruction, null when it is not known.</summary>
    public GuestVirtualAddress? EntryPoint { get; init; }

    /// <summary>EIP or RIP at a call.</summary>
    public required ulong CallEntry { get; init; }

    /// <summary>ESP or RSP at a call.</summary>
    public required ulong CallStack { get; init; }

    public required SnapshotRegisters Sregs { get; init; }

    public required ulong Cr3 { get; init; }

    public required ulong Xcr0 { get; init; }

    public required ImmutableArray<SnapshotMsr> Msrs { get; init; }

    /// <summary>The model-specific registers that the guest may use.</summary>
    public required ImmutableArray<uint> AllowedMsrs { get; init; }

    /// <summary>What the interrupt controllers hold; there where <see cref="GuestSizes.HardwareInterrupts"/> says that there are some.</summary>
    public SnapshotInterrupts? Interrupts { get; init; }

    public required ImmutableArray<SnapshotHostFunction> HostFunctions { get; init; }

    /// <summary>How many snapshots the guest has been through.</summary>
    public required ulong Generation { get; init; }
}
