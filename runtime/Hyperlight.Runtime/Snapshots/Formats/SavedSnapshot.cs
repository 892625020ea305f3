using System.Collections.Immutable;
using Hyperlight.Layouts;

namespace Hyperlight.Snapshots.Formats;

/// <summary>A snapshot on disk, whichever format it has. All of it is checked.</summary>
internal sealed record SavedSnapshot : IDisposable
{
    /// <summary>The guest's name, null when nothing is said about it.</summary>
    public required string? GuestName { get; init; }

    /// <summary>The digest of the manifest of the image that the guest was started from, null when it is not known.</summary>
    public required string? ImageDigest { get; init; }

    /// <summary>The guest's first instruction, null when it is not known.</summary>
    public required GuestVirtualAddress? EntryPoint { get; init; }

    /// <summary>Where calls enter.</summary>
    public required ulong CallEntry { get; init; }

    /// <summary>The stack of a call.</summary>
    public required ulong CallStack { get; init; }

    /// <summary>The processor's registers but CR3.</summary>
    public required SnapshotRegisters Registers { get; init; }

    /// <summary>CR3.</summary>
    public required ulong Cr3 { get; init; }

    /// <summary>XCR0.</summary>
    public required ulong ExtendedControl { get; init; }

    /// <summary>The model-specific registers.</summary>
    public required ImmutableArray<SnapshotMsr> Msrs { get; init; }

    /// <summary>Those that the guest may use; null where nothing is said about it.</summary>
    public required ImmutableArray<uint>? AllowedMsrs { get; init; }

    /// <summary>What the interrupt controllers hold, null where the guest has none.</summary>
    public required SnapshotInterrupts? Interrupts { get; init; }

    /// <summary>The host functions of the snapshot's sandbox.</summary>
    public required ImmutableArray<SnapshotHostFunction> HostFunctions { get; init; }

    /// <summary>How many snapshots the guest has been through.</summary>
    public required ulong Generation { get; init; }

    /// <summary>Where everything was in the guest's memory when it started.</summary>
    public required MemoryMap Map { get; init; }

    /// <summary>What is in it.</summary>
    public required SavedMemory Memory { get; init; }

    /// <summary>Closes the files.</summary>
    public void Dispose() => Memory.Dispose();
}
