using System.Collections.Immutable;
using Hyperlight.Memory;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>The Windows Hypervisor Platform (WHP), the interface of Windows to Hyper-V.</summary>
/// <param name="memory">The memory of the host.</param>
/// <param name="sources">The processes whose memory virtual machines use.</param>
/// <param name="createSignal">Creates a signal that one thread waits for.</param>
internal sealed class WhpHypervisor(IHostMemory memory, IMemorySources sources, Func<IWaitableSignal> createSignal) : IHypervisor
{
    // The platform states no limit. Each piece of memory is a call for each virtual machine.
    private const uint MostPieces = 4096;

    /// <inheritdoc/>
    public string Name => "whp";

    /// <inheritdoc/>
    public MachineIdentity Identity { get; } = new("x86_64", CpuVendor.Read());

    /// <inheritdoc/>
    public IHostMemory Memory => memory;

    /// <inheritdoc/>
    public uint MemorySlotCount => MostPieces;

    /// <inheritdoc/>
    public Finding? Check() => Rules.NoHypervisor.Found($"the Windows Hypervisor Platform cannot be used yet.");

    /// <inheritdoc/>
    public IWaitableSignal CreateSignal() => createSignal();

    /// <inheritdoc/>
    public IVirtualMachine CreateMachine(GuestLayout layout, ImmutableArray<uint> allowedMsrs, bool hasInterrupts)
    {
        using IMemorySource source = sources.Take();
        return new WhpMachine();
    }
}
