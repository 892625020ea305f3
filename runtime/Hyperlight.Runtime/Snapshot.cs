using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Layouts;
using Hyperlight.Snapshots;
using Hyperlight.Telemetry;

namespace Hyperlight;

/// <summary>
/// The state of a guest between two calls. It never changes: any number of sandboxes can be made from it or set back to it, from any threads. All of
/// them share its memory, and most of that with the image. Disposing it frees what no sandbox uses.
/// </summary>
public sealed class Snapshot : IDisposable
{
    private volatile bool _disposed;

    internal Snapshot(
        string guestName,
        ulong generation,
        MemoryMap map,
        SnapshotMemory memory,
        ProcessorState processor,
        GeneralRegisters callRegisters,
        ImmutableSortedDictionary<string, HostFunctionSignature> hostFunctions,
        ImmutableArray<uint> allowedMsrs)
    {
        GuestName = guestName;
        Generation = generation;
        Map = map;
        Memory = memory;
        Processor = processor;
        CallRegisters = callRegisters;
        HostFunctions = hostFunctions;
        AllowedMsrs = allowedMsrs;
    }

    /// <summary>The guest's name.</summary>
    public string GuestName { get; }

    /// <summary>How many snapshots the guest has been through, this one included. The guest can read the number after a restore.</summary>
    public ulong Generation { get; }

    /// <summary>Bytes of host memory it takes, beside what it shares with the image and with earlier snapshots of the same sandbox.</summary>
    public ulong Size => Memory.Size;

    /// <summary>Where everything lay in the guest's memory when it started.</summary>
    public MemoryMap Map { get; }

    /// <summary>The guest's first instruction, for core files; null where that is not known.</summary>
    internal GuestVirtualAddress? EntryPoint { get; init; }

    internal SnapshotMemory Memory { get; }

    internal ProcessorState Processor { get; }

    internal GeneralRegisters CallRegisters { get; }

    internal ImmutableSortedDictionary<string, HostFunctionSignature> HostFunctions { get; }

    internal ImmutableArray<uint> AllowedMsrs { get; }

    internal bool IsDisposed => _disposed;

    /// <summary>
    /// Creates a sandbox that goes on where the snapshot was taken. No code of the guest runs for that: its initialisation is over, and random
    /// numbers and a log level that it was given then are those of the first sandbox.
    /// </summary>
    /// <param name="configure">Sets the options, null for the defaults. It must add the host functions that the snapshot's sandbox had.</param>
    /// <returns>A sandbox whose functions can be called; dispose it.</returns>
    /// <exception cref="SnapshotMismatchException">Host functions are missing or differ.</exception>
    /// <exception cref="HypervisorException">There is no usable hypervisor.</exception>
    /// <exception cref="ObjectDisposedException">The snapshot is disposed.</exception>
    public Sandbox CreateSandbox(Action<SandboxOptions>? configure = null)
    {
        SandboxOptions options = new();
        configure?.Invoke(options);
        Operation start = Operation.Start(GuestName, Tags.Snapshot);
        try
        {
            Sandbox sandbox = new(this, options);
            start.Succeed();
            return sandbox;
        }
        catch (Exception exception)
        {
            start.Fail(exception);
            throw;
        }
    }

    /// <summary>Frees the memory that no sandbox uses. Sandboxes that were made from it or set back to it keep working.</summary>
    public void Dispose()
    {
        _disposed = true;
        Memory.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GuestName}, snapshot {Generation} ({ByteSize.ToText(Size)})";
}
