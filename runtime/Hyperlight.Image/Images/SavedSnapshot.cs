using System.Collections.Immutable;
using Hyperlight.Layouts;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Images;

/// <summary>A snapshot on disk, whichever format it has. All of it is checked.</summary>
internal abstract record SavedSnapshot : IDisposable
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

    /// <summary>The host functions of the snapshot's sandbox.</summary>
    public required ImmutableArray<SnapshotHostFunction> HostFunctions { get; init; }

    /// <summary>How many snapshots the guest has been through.</summary>
    public required ulong Generation { get; init; }

    /// <summary>Where everything was in the guest's memory when it started.</summary>
    public required MemoryMap Map { get; init; }

    /// <summary>Closes the files.</summary>
    public abstract void Dispose();
}

/// <summary>A snapshot in upstream's format.</summary>
internal sealed record SavedPagedSnapshot : SavedSnapshot
{
    /// <summary>The guest's memory, then its page tables.</summary>
    public required SafeFileHandle Memory { get; init; }

    /// <summary>Bytes of memory.</summary>
    public required ulong MemorySize { get; init; }

    /// <summary>Bytes of page tables.</summary>
    public required int TablesSize { get; init; }

    /// <inheritdoc/>
    public override void Dispose() => Memory.Dispose();
}

/// <summary>A snapshot in our own format.</summary>
internal sealed record SavedIdentitySnapshot : SavedSnapshot
{
    /// <summary>The memory of the image that the guest was started from.</summary>
    public required SharedFile Image { get; init; }

    /// <summary>The pages that differ.</summary>
    public required SharedFile Pages { get; init; }

    /// <summary>Where each of them is in the guest's memory, ascending.</summary>
    public required ImmutableArray<ulong> Addresses { get; init; }

    /// <summary>Where the first is in the file.</summary>
    public required ulong FirstPage { get; init; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Image.Dispose();
        Pages.Dispose();
    }
}
