using System.Collections.Immutable;
using Hyperlight.Memory;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>The Windows Hypervisor Platform (WHP), the interface of Windows to Hyper-V.</summary>
/// <param name="memory">The memory of the host.</param>
/// <param name="sources">The processes whose memory virtual machines use.</param>
/// <param name="createSignal">Creates a signal that one thread waits for.</param>
internal sealed class WhpHypervisor(IHostMemory memory, IMemorySources sources, Func<IWaitableSignal> createSignal) : IHypervisor
{
    /// <summary>The name by which snapshots know the platform.</summary>
    public const string WhpName = "whp";

    // The platform states no limit. Each piece of memory is a call for each virtual machine.
    private const uint MostPieces = 4096;

    // A failure is not remembered: enabling the platform helps at the next try.
    private readonly Lazy<MachineIdentity> _identity = new(
        () => CheckWith(sources) is { } finding ? throw new HypervisorException(finding) : new("x86_64", CpuVendor.Read()),
        LazyThreadSafetyMode.PublicationOnly);

    // The optional registers of this computer. The first machine finds them.
    private volatile OptionalRegisters? _optional;

    /// <inheritdoc/>
    public string Name => WhpName;

    /// <inheritdoc/>
    public MachineIdentity Identity => _identity.Value;

    /// <inheritdoc/>
    public IHostMemory Memory => memory;

    /// <inheritdoc/>
    public uint MemorySlotCount
    {
        get
        {
            _ = Identity;
            return MostPieces;
        }
    }

    /// <inheritdoc/>
    public Finding? Check() => CheckWith(sources);

    /// <inheritdoc/>
    public Finding? CheckDebugging() => Rules.DebuggerNotSupported.Found(
        $"SandboxOptions.Debugger is set, guests on the Windows Hypervisor Platform cannot be debugged: run the program on Linux with KVM, "
        + $"or leave the option unset.");

    /// <inheritdoc/>
    public Finding? CheckRoom(int sandboxes) => null;

    /// <inheritdoc/>
    public IWaitableSignal CreateSignal() => createSignal();

    /// <inheritdoc/>
    public IVirtualMachine CreateMachine(GuestLayout layout, ImmutableArray<uint> allowedMsrs, bool hasInterrupts)
    {
        MachineIdentity identity = Identity;
        if (WhpPresence.CheckPlatform() is { } finding)
        {
            throw new HypervisorException(finding);
        }

        if (hasInterrupts)
        {
            throw new HypervisorException(Rules.HypervisorTooOld.Found(
                $"the guest has hardware interrupts, the Windows Hypervisor Platform has neither an 8259A nor an IOAPIC: run the guest on "
                + $"Linux with KVM, or bake it without HardwareInterrupts."));
        }

        WhpPartition partition = WhpPartition.Create(sources.Take(), layout.PhysicalAddressBits);
        try
        {
            OptionalRegisters optional = _optional ??= OptionalRegisters.Find(partition);
            return new WhpMachine(identity, partition, layout.EntryMode, new(optional.Names), allowedMsrs);
        }
        catch
        {
            partition.Delete();
            throw;
        }
    }

    private static Finding? CheckWith(IMemorySources sources) => WhpPresence.Check(sources.AreOtherProcesses);
}
