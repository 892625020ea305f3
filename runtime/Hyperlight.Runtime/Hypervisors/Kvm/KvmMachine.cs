using Hyperlight.Layouts;
using Hyperlight.Memory;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>A virtual machine of KVM with one processor.</summary>
internal sealed partial class KvmMachine : IVirtualMachine
{
    private readonly KvmSystem _system;
    private readonly BareMachine _bare;
    private readonly KvmVm _machine;
    private readonly KvmVcpu _processor;
    private readonly EntryMode _entryMode;

    // Whether the processor still is as it was created. If so, the processor has most values of a new state already.
    private bool _isNew = true;

    // Whether no instruction of the guest is unfinished: the guest has not run, or waits after an OUT or a HLT.
    private bool _isWaiting = true;

    // The numbers of the pieces of memory that the guest has.
    private readonly HashSet<uint> _mapped = [];

    /// <summary>
    /// Creates a machine without memory, or takes an idle machine, which an earlier sandbox has left in the state of a new machine.
    /// </summary>
    /// <param name="system">The host's KVM.</param>
    /// <param name="layout">The layout of the guest.</param>
    /// <param name="msrs">The model-specific registers that the guest may use.</param>
    /// <param name="hasInterrupts">Whether the machine has interrupt controllers.</param>
    /// <exception cref="HypervisorException">KVM refuses.</exception>
    /// <exception cref="HyperlightException">KVM cannot set back one of the allowed registers.</exception>
    public KvmMachine(KvmSystem system, GuestLayout layout, MsrPolicy msrs, bool hasInterrupts = false)
    {
        _system = system;
        _entryMode = layout.EntryMode;
        _canSetMsrs = msrs.IsFiltered;
        MachineKind kind = MachineKind.Of(layout);
        _isKept = msrs.DeniesAll && !hasInterrupts;
        _bare = _isKept ? system.Idle.Take(kind) : BareMachine.Create(system, kind, msrs, hasInterrupts);
        (_machine, _processor, _msrs, _timerLine) = (_bare.Vm, _bare.Processor, _bare.Msrs, _bare.TimerLine);
        _ticksBefore = _processor.TicksInGuest;
    }

    /// <inheritdoc/>
    public long TicksInGuest => _processor.TicksInGuest - _ticksBefore;

    /// <inheritdoc/>
    public ulong TscFrequency => _processor.GetTscFrequency();

    /// <summary>Gets <c>true</c>: KVM has interpreted the instruction when it hands the write to the host.</summary>
    public bool EndsWrites => true;

    /// <inheritdoc/>
    public void Map(uint slot, GuestPhysicalAddress address, MappedMemory memory, MemoryPermissions permissions)
    {
        _machine.SetUserMemoryRegion(slot, address, memory.Address, memory.Size, permissions);
        _mapped.Add(slot);
    }

    /// <inheritdoc/>
    public void Unmap(uint slot)
    {
        _machine.SetUserMemoryRegion(slot, default, 0, 0, MemoryPermissions.Write);
        _mapped.Remove(slot);
    }

    /// <inheritdoc/>
    public void Start(GuestPhysicalAddress pageTables)
    {
        _processor.Reset(EntryState.For(_entryMode, pageTables));
        MakeNextAhead();
    }

    /// <inheritdoc/>
    public GeneralRegisters GetRegisters() => _processor.GetRegisters();

    /// <inheritdoc/>
    public void SetRegisters(in GeneralRegisters registers) => _processor.SetRegisters(registers);

    /// <inheritdoc/>
    public void ResetFloatingPoint() => _processor.ResetFloatingPoint();

    /// <inheritdoc/>
    public void Settle() => _processor.CompleteExit();

    /// <inheritdoc/>
    public void SetDebugging(DebugMode mode) => _processor.SetDebugging(mode);

    /// <inheritdoc/>
    public void Commit() => _processor.Commit();

    /// <inheritdoc/>
    public VirtualMachineExit Run()
    {
        _isNew = false;
        _isWaiting = false;
        VirtualMachineExit exit = _processor.Run();
        _isWaiting = exit.Kind is VirtualMachineExitKind.Out or VirtualMachineExitKind.Halt;
        return exit;
    }

    /// <inheritdoc/>
    public void AnswerWithOnes() => _processor.AnswerWithOnes();

    /// <inheritdoc/>
    public void Cancel() => _processor.Cancel();

    /// <inheritdoc/>
    public void ClearCancel() => _processor.ClearCancel();
}
