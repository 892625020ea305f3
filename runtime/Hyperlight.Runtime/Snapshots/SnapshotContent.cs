using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Layouts;

namespace Hyperlight.Snapshots;

/// <summary>The content of a snapshot: one object for all handles of the snapshot. Each user disposes it; the memory is freed when the last user has gone.</summary>
/// <param name="origin">Where the guest comes from.</param>
/// <param name="generation">How many snapshots the guest has been through, this one included.</param>
/// <param name="map">Where everything lay in the guest's memory when it started.</param>
/// <param name="memory">The memory. The creator's use of the memory becomes the creator's use of this object.</param>
/// <param name="processor">What the processor keeps from call to call.</param>
/// <param name="callRegisters">The general registers with which a call begins.</param>
/// <param name="hostFunctions">The host functions that the snapshot's sandbox had.</param>
/// <param name="allowedMsrs">The model-specific registers that the guest could use.</param>
internal sealed class SnapshotContent(
    GuestOrigin origin,
    ulong generation,
    MemoryMap map,
    SnapshotMemory memory,
    ProcessorState processor,
    GeneralRegisters callRegisters,
    ImmutableSortedDictionary<string, HostFunctionSignature> hostFunctions,
    ImmutableArray<uint> allowedMsrs) : IDisposable
{
    /// <summary>Where the guest comes from.</summary>
    public GuestOrigin Origin => origin;

    /// <summary>The guest's name.</summary>
    public string GuestName => origin.Name;

    /// <summary>The digest of the image that the guest was started from, null when it is not known.</summary>
    public string? ImageDigest => origin.ImageDigest;

    /// <summary>How many snapshots the guest has been through, this one included.</summary>
    public ulong Generation => generation;

    /// <summary>Where everything lay in the guest's memory when it started.</summary>
    public MemoryMap Map => map;

    /// <summary>The memory.</summary>
    public SnapshotMemory Memory => memory;

    /// <summary>The registers that the processor keeps from call to call.</summary>
    public ProcessorState Processor => processor;

    /// <summary>Whether a processor has had its registers, which means that every other of this machine can.</summary>
    public bool IsAccepted { get; set; }

    /// <summary>The general registers with which a call begins.</summary>
    public GeneralRegisters CallRegisters => callRegisters;

    /// <summary>The host functions that the snapshot's sandbox had.</summary>
    public ImmutableSortedDictionary<string, HostFunctionSignature> HostFunctions => hostFunctions;

    /// <summary>The model-specific registers that the guest could use.</summary>
    public ImmutableArray<uint> AllowedMsrs => allowedMsrs;

    /// <summary>Adds a user.</summary>
    /// <returns>Whether that was possible: the last one may have been faster to go.</returns>
    public bool TryShare() => memory.TryShare();

    /// <summary>Removes a user.</summary>
    public void Dispose() => memory.Dispose();
}
