using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Layouts;

namespace Hyperlight.Snapshots.Formats;

/// <summary>A snapshot on disk, in upstream's format or our own. All values have been checked.</summary>
internal sealed record SavedSnapshot : IDisposable
{
    /// <summary>Gets the guest's name; <c>null</c> if the snapshot does not record the name.</summary>
    public required string? GuestName { get; init; }

    /// <summary>
    /// Gets the digest of the manifest of the image that the guest was started from; <c>null</c> if the digest is not known.
    /// </summary>
    public required string? ImageDigest { get; init; }

    /// <summary>Gets the address of the guest's first instruction; <c>null</c> if the address is not known.</summary>
    public required GuestVirtualAddress? EntryPoint { get; init; }

    /// <summary>Gets the address of the first instruction of a call.</summary>
    public required ulong CallEntry { get; init; }

    /// <summary>Gets the stack pointer of a call.</summary>
    public required ulong CallStack { get; init; }

    /// <summary>Gets the registers that the processor keeps from call to call.</summary>
    public required ProcessorState Processor { get; init; }

    /// <summary>
    /// Gets the numbers of the model-specific registers that the guest may use; <c>null</c> if the snapshot does not record the numbers.
    /// </summary>
    public required ImmutableArray<uint>? AllowedMsrs { get; init; }

    /// <summary>Gets the host functions of the sandbox that the snapshot was taken of.</summary>
    public required ImmutableArray<SnapshotHostFunction> HostFunctions { get; init; }

    /// <summary>Gets the number of snapshots that the guest has been through.</summary>
    public required ulong Generation { get; init; }

    /// <summary>Gets the map of the guest's memory at its start.</summary>
    public required MemoryMap Map { get; init; }

    /// <summary>Gets the content of the guest's memory.</summary>
    public required SavedMemory Memory { get; init; }

    /// <summary>Closes the files.</summary>
    public void Dispose() => Memory.Dispose();
}
