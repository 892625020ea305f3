using Hyperlight.Memory;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>A virtual machine of the Windows Hypervisor Platform with one processor.</summary>
internal sealed partial class WhpMachine : IVirtualMachine
{
    /// <inheritdoc/>
    public long TicksInGuest => 0;

    /// <inheritdoc/>
    public ISignal? TimerLine => null;

    /// <inheritdoc/>
    public void Map(uint slot, GuestPhysicalAddress address, MappedMemory memory, MemoryPermissions permissions) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public void Unmap(uint slot) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Start(GuestPhysicalAddress pageTables) => throw new NotSupportedException();

    /// <inheritdoc/>
    public GeneralRegisters GetRegisters() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void SetRegisters(in GeneralRegisters registers) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void ResetFloatingPoint() => throw new NotSupportedException();

    /// <inheritdoc/>
    public ProcessorState GetState() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void SetState(ProcessorState state) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Commit() => throw new NotSupportedException();

    /// <inheritdoc/>
    public ProcessorRegisters GetAllRegisters() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Settle() => throw new NotSupportedException();

    /// <inheritdoc/>
    public VirtualMachineExit Run() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void AnswerWithOnes() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Cancel() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void ClearCancel() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotSupportedException();
}
