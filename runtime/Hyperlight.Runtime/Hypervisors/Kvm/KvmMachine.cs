using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Paging;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>A virtual machine of KVM with one processor.</summary>
internal sealed partial class KvmMachine : IVirtualMachine
{
    private readonly KvmSystem _system;
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
        _kind = msrs.DeniesAll && !hasInterrupts ? MachineKind.Of(layout) : null;
        if (_kind is not null && _system.Idle.Take(_kind) is { } idle)
        {
            (_machine, _processor, _msrs) = (idle.Machine, idle.Processor, idle.Msrs);
            _ticksBefore = _processor.TicksInGuest;
            return;
        }

        _machine = _system.CreateVirtualMachine();
        try
        {
            if (layout.Paging == GuestPaging.None)
            {
                GivePages(GuestLayouts.HypervisorPages);
            }

            if (msrs.IsFiltered)
            {
                _machine.SetMsrFilter(msrs.Allowed.AsSpan());
            }

            _timerLine = hasInterrupts ? CreateInterruptControllers() : null;
            _processor = _machine.CreateVcpu(_system);
            if (_system.CanEnforceParavirtualCpuid)
            {
                _processor.EnforceParavirtualCpuid();
            }

            _processor.SetCpuid(_system.Cpuid(layout.PhysicalAddressBits));
            _msrs = msrs.DeniesAll ? system.InitialMsrs ??= ReadInitialMsrs(msrs) : ReadInitialMsrs(msrs);
        }
        catch
        {
            Close();
            throw;
        }
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
    public void Start(GuestPhysicalAddress pageTables) => _processor.Reset(EntryState.For(_entryMode, pageTables));

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

    // The first page is for the identity map, the others are for the task state segment.
    private void GivePages(ReservedRange pages)
    {
        _machine.SetIdentityMapAddress(pages.Addresses.Start);
        _machine.SetTssAddress(pages.Addresses.Start + GuestLayout.PageSize);
    }
}
