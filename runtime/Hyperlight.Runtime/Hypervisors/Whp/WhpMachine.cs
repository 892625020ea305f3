using System.Collections.Immutable;
using Hyperlight.Layouts;
using Hyperlight.Memory;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>A virtual machine of the Windows Hypervisor Platform with one processor.</summary>
internal sealed partial class WhpMachine : IVirtualMachine
{
    private readonly MachineIdentity _identity;
    private readonly WhpPartition _partition;
    private readonly EntryMode _entryMode;
    private readonly WhpRegisters _registers;

    /// <summary>Takes over a new partition.</summary>
    /// <param name="identity">The computer.</param>
    /// <param name="partition">The partition. If the constructor throws, the caller deletes the partition.</param>
    /// <param name="entryMode">The mode of the guest's first instruction.</param>
    /// <param name="list">The registers of the processor.</param>
    /// <param name="allowedMsrs">The model-specific registers that the guest may use.</param>
    /// <exception cref="HypervisorException">The platform refuses.</exception>
    /// <exception cref="HyperlightException">The platform cannot set back one of the allowed registers.</exception>
    public WhpMachine(
        MachineIdentity identity, WhpPartition partition, EntryMode entryMode, WhpRegisterList list, ImmutableArray<uint> allowedMsrs)
    {
        _identity = identity;
        _partition = partition;
        _entryMode = entryMode;
        _registers = new(partition, list);
        try
        {
            _savedMsrs = FindSavedMsrs(list, allowedMsrs);
            _initial = ReadInitial();
            _floatingPoint = CreateFloatingPoint();
        }
        catch
        {
            _registers.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ISignal? TimerLine => null;

    /// <inheritdoc/>
    public ulong TscFrequency => WhpPresence.TscFrequency;

    /// <summary>Gets <c>false</c>: the platform leaves the instruction to the host.</summary>
    public bool EndsWrites => false;

    /// <inheritdoc/>
    public void Map(uint slot, GuestPhysicalAddress address, MappedMemory memory, MemoryPermissions permissions) =>
        _partition.Map(slot, address, memory, permissions);

    /// <inheritdoc/>
    public void Unmap(uint slot) => _partition.Unmap(slot);

    /// <inheritdoc/>
    public void SetDebugging(DebugMode mode) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose()
    {
        // A run that another thread has not left yet would keep the partition.
        Cancel();
        _partition.Delete();
        _registers.Dispose();
        _floatingPoint.Dispose();
    }
}
