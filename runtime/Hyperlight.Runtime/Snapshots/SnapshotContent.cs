using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Layouts;

namespace Hyperlight.Snapshots;

/// <summary>
/// The content of a snapshot: one object for all handles of the snapshot. Each user of the content disposes it. The memory is freed when no
/// user is left.
/// </summary>
/// <param name="origin">The guest's name, entry point and image.</param>
/// <param name="generation">The count of snapshots that the guest has been through, this snapshot included.</param>
/// <param name="map">The guest's memory as the guest started.</param>
/// <param name="memory">The memory. The creator's use of the memory becomes the creator's use of this object.</param>
/// <param name="processor">The registers that the processor keeps from call to call.</param>
/// <param name="callRegisters">The general registers with which a call begins.</param>
/// <param name="hostFunctions">The types of the host functions of the snapshot's sandbox.</param>
/// <param name="allowedMsrs">The model-specific registers that the guest may use.</param>
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
    /// <summary>Gets the guest's name, entry point and image.</summary>
    public GuestOrigin Origin => origin;

    /// <summary>Gets the guest's name.</summary>
    public string GuestName => origin.Name;

    /// <summary>Gets the digest of the image that the guest was started from, or <c>null</c> if the digest is not known.</summary>
    public string? ImageDigest => origin.ImageDigest;

    /// <summary>Gets the count of snapshots that the guest has been through, this snapshot included.</summary>
    public ulong Generation => generation;

    /// <summary>Gets the guest's memory as the guest started.</summary>
    public MemoryMap Map => map;

    /// <summary>Gets the memory.</summary>
    public SnapshotMemory Memory => memory;

    /// <summary>Gets the registers that the processor keeps from call to call.</summary>
    public ProcessorState Processor => processor;

    /// <summary>
    /// Gets or sets the name of the hypervisor whose processors accept the registers, because one of them has; <c>null</c> if none has
    /// been given the registers yet.
    /// </summary>
    public string? AcceptedBy { get; set; }

    /// <summary>Gets the general registers with which a call begins.</summary>
    public GeneralRegisters CallRegisters => callRegisters;

    /// <summary>Gets the types of the host functions of the snapshot's sandbox.</summary>
    public ImmutableSortedDictionary<string, HostFunctionSignature> HostFunctions => hostFunctions;

    /// <summary>Gets <see cref="HostFunctions"/> as a list, which each new sandbox goes through.</summary>
    public ImmutableArray<KeyValuePair<string, HostFunctionSignature>> HostFunctionList { get; } = [.. hostFunctions];

    /// <summary>Gets the model-specific registers that the guest may use.</summary>
    public ImmutableArray<uint> AllowedMsrs => allowedMsrs;

    /// <summary>Adds a user.</summary>
    /// <returns><c>true</c> if the user was added; <c>false</c> if no user was left, so that the memory is freed.</returns>
    public bool TryShare() => memory.TryShare();

    /// <summary>Removes a user.</summary>
    public void Dispose() => memory.Dispose();
}
