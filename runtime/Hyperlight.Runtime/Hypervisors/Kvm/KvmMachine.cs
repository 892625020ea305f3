using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Paging;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// A virtual machine of KVM with one processor. The memory that is mapped into the machine belongs to others.
/// </summary>
internal sealed partial class KvmMachine : IVirtualMachine
{
    // Room for KVM's own pages on Intel processors that cannot run without paging natively: the four pages below the local APIC's page, which
    // layouts without paging reserve for this. KVM's defaults would lie in their scratch region.
    private static readonly GuestPhysicalAddress IdentityMapAddress = GuestLayouts.HypervisorPages.Start;
    private static readonly GuestPhysicalAddress TssAddress = IdentityMapAddress + GuestLayout.PageSize;

    private readonly KvmSystem _system;
    private readonly KvmVm _machine;
    private readonly KvmVcpu _processor;
    private readonly EntryMode _entryMode;

    // The model-specific registers a guest can change, with the values a processor starts with, and whether all of them can be written.
    private readonly KvmMsrEntry[] _msrs;
    private readonly bool _canSetMsrs;

    // Whether the processor still is as it was created: then most of a state is there already.
    private bool _isNew = true;

    // Whether the guest has nothing under way: it has not run, or waits after an OUT or a HLT.
    private bool _isWaiting = true;

    // The numbers of the regions that the guest has.
    private readonly HashSet<uint> _mapped = [];

    /// <summary>Creates a machine without memory, or takes one that another sandbox has left as new.</summary>
    /// <param name="system">The host's KVM.</param>
    /// <param name="layout">The layout, for the entry mode and the width of physical addresses.</param>
    /// <param name="msrs">Which model-specific registers the guest may use.</param>
    /// <param name="hasInterrupts">Whether it has interrupt controllers. Then a HLT waits for an interrupt and is no exit.</param>
    /// <exception cref="HypervisorException">There is no usable hypervisor, or it refuses.</exception>
    /// <exception cref="HyperlightException">An allowed register is one that the hypervisor cannot set back.</exception>
    public KvmMachine(KvmSystem system, GuestLayout layout, MsrPolicy msrs, bool hasInterrupts = false)
    {
        _system = system;
        _entryMode = layout.EntryMode;
        _canSetMsrs = msrs.IsFiltered;
        _kind = msrs.DeniesAll && !hasInterrupts ? MachineKind.Of(layout) : null;
        if (_kind is not null && _system.Take(_kind) is { } idle)
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
                _machine.SetIdentityMapAddress(IdentityMapAddress);
                _machine.SetTssAddress(TssAddress);
            }

            if (msrs.IsFiltered)
            {
                _machine.SetMsrFilter(msrs.Allowed.AsSpan());
            }

            _timerLine = hasInterrupts ? CreateInterruptControllers(_system) : null;
            _processor = _machine.CreateVcpu(_system);
            if (_system.CanEnforceParavirtualCpuid)
            {
                _processor.EnforceParavirtualCpuid();
            }

            _processor.SetCpuid(_system.Cpuid(layout.PhysicalAddressBits));
            _msrs = ReadInitialMsrs(msrs);
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>How long the processor has been with the guest, in ticks of <see cref="System.Diagnostics.Stopwatch"/>; 0 unless that is measured.</summary>
    public long TicksInGuest => _processor.TicksInGuest - _ticksBefore;

    /// <summary>Gives the guest memory at a physical address.</summary>
    /// <param name="slot">A number for the region; every region has its own.</param>
    /// <param name="address">Where the guest sees it.</param>
    /// <param name="memory">The host's memory, to be kept until the region is unmapped or the machine disposed.</param>
    /// <param name="permissions">What the guest may do there.</param>
    public void Map(uint slot, GuestPhysicalAddress address, MappedMemory memory, MemoryPermissions permissions)
    {
        _machine.SetUserMemoryRegion(slot, address, memory.Address, memory.Size, permissions);
        _mapped.Add(slot);
    }

    /// <summary>Takes memory away from the guest.</summary>
    public void Unmap(uint slot)
    {
        _machine.SetUserMemoryRegion(slot, default, 0, 0, MemoryPermissions.Write);
        _mapped.Remove(slot);
    }

    /// <summary>Makes the processor ready for the first instruction of a guest of the layout. The general registers are still to be set.</summary>
    /// <param name="pageTables">The root of the guest's initial page tables; not used without paging.</param>
    public void Start(GuestPhysicalAddress pageTables) => _processor.Reset(EntryState.For(_entryMode, pageTables));

    /// <summary>The general registers at the last exit.</summary>
    public GeneralRegisters GetRegisters() => _processor.GetRegisters();

    /// <summary>The general registers for the next run. After an OUT this is safe although KVM completes the instruction only then: an OUT changes none.</summary>
    public void SetRegisters(in GeneralRegisters registers) => _processor.SetRegisters(registers);

    /// <summary>Resets the floating-point and vector registers (amd64 sheet, section 4.3).</summary>
    public void ResetFloatingPoint() => _processor.ResetFloatingPoint();

    /// <summary>The registers that the processor keeps from call to call.</summary>
    public ProcessorState GetState()
    {
        KvmMsrEntry[] msrs = [.. _msrs];
        Require(_processor.GetMsrs(msrs), msrs, "read");
        return new(
            _system.Identity,
            _processor.GetSpecialRegisters().ToNeutral(),
            GetExtendedControl(),
            [.. msrs.Select(register => new ModelSpecificRegister(register.Index, register.Value))])
        {
            Interrupts = GetInterrupts(),
        };
    }

    /// <summary>All registers that a debugger shows, as the last exit left them.</summary>
    public ProcessorRegisters GetAllRegisters() => new(
        _processor.GetRegisters(), _processor.GetSpecialRegisters().ToNeutral(), GetExtendedControl(), _processor.GetFloatingPoint());

    /// <summary>Finishes what the last exit has left undone, so that it does not happen to other memory or registers. Before those are replaced.</summary>
    public void Settle() => _processor.CompleteExit();

    /// <summary>
    /// Gives the processor a state, whatever a guest has done to it since. Model-specific registers that the state does not have become what they
    /// are when a processor starts. The general and the floating-point registers are still to be set.
    /// </summary>
    /// <param name="state">The state.</param>
    public void SetState(ProcessorState state)
    {
        // Not after what follows: it may fail halfway.
        bool isNew = _isNew;
        _isNew = false;
        _processor.Reset(state.Special);
        if (_kind is null)
        {
            // What is set below may depend on the special registers.
            _processor.Commit();
        }

        if (!isNew)
        {
            _processor.ResetDebugRegisters();
        }

        if (_system.HasExtendedControlRegisters && (!isNew || state.ExtendedControl != ResetValues.Xcr0))
        {
            _processor.SetExtendedControl(state.ExtendedControl);
        }

        SetMsrs(state.Msrs.AsSpan(), isNew);
        if (state.Interrupts is { } interrupts)
        {
            SetInterrupts(interrupts);
        }
    }

    /// <summary>Has the hypervisor take a state that was set now. Otherwise it is the next run that fails where the processor cannot have the state.</summary>
    public void Commit() => _processor.Commit();

    /// <summary>Lets the guest go on until something needs the host.</summary>
    public VirtualMachineExit Run()
    {
        _isNew = false;
        _isWaiting = false;
        VirtualMachineExit exit = _processor.Run();
        _isWaiting = exit.Kind is VirtualMachineExitKind.Out or VirtualMachineExitKind.Halt;
        return exit;
    }

    /// <summary>
    /// Stops the current run, and every later one until <see cref="ClearCancel"/>. Any thread, at any time before disposal: after that the processor may be
    /// another sandbox's.
    /// </summary>
    public void Cancel() => _processor.Cancel();

    /// <summary>Forgets a cancel. Only between runs.</summary>
    public void ClearCancel() => _processor.ClearCancel();

    private ulong GetExtendedControl() => _system.HasExtendedControlRegisters ? _processor.GetExtendedControl() : ResetValues.Xcr0;

    private KvmMsrEntry[] ReadInitialMsrs(MsrPolicy policy)
    {
        KvmMsrEntry[] registers = [.. policy.Saved.Select(index => new KvmMsrEntry { Index = index })];
        int read = 0;
        while (true)
        {
            read += _processor.GetMsrs(registers.AsSpan(read));
            if (read == registers.Length)
            {
                break;
            }

            // Without a filter KVM also lists registers that this machine does not have. None can be allowed.
            registers = [.. registers[..read], .. registers[(read + 1)..]];
        }

        // Writing what is there shows whether it can be set back.
        KvmMsrEntry[] allowed = [.. registers.Where(register => policy.Allowed.Contains(register.Index))];
        int written = _processor.SetMsrs(allowed);
        uint[] refused = [.. policy.Allowed.Except(allowed.Take(written).Select(register => register.Index))];
        return refused.Length == 0 ? registers : throw new HyperlightException(
            $"The model-specific register 0x{refused[0]:X} cannot be given to a guest, because KVM on this machine cannot set it back: remove it from AllowedMsrs.");
    }

    private void SetMsrs(ReadOnlySpan<ModelSpecificRegister> values, bool isNew)
    {
        Span<KvmMsrEntry> wanted = _msrs.Length <= MsrPolicy.MaxAllowed + 1 ? stackalloc KvmMsrEntry[_msrs.Length] : new KvmMsrEntry[_msrs.Length];
        for (int i = 0; i < wanted.Length; i++)
        {
            wanted[i] = _msrs[i];
            if (Find(values, _msrs[i].Index) is { } value)
            {
                wanted[i].Value = value;
            }
        }

        if (isNew)
        {
            wanted = Changed(wanted, _msrs);
        }
        else if (!_canSetMsrs)
        {
            // Some of all that KVM lists can be read only.
            KvmMsrEntry[] current = [.. _msrs];
            Require(_processor.GetMsrs(current), current, "read");
            wanted = Changed(wanted, current);
        }

        Require(_processor.SetMsrs(wanted), wanted, "set back");
    }

    /// <summary>Those of the wanted values that are other ones, moved to the front.</summary>
    private static Span<KvmMsrEntry> Changed(Span<KvmMsrEntry> wanted, ReadOnlySpan<KvmMsrEntry> current)
    {
        int changed = 0;
        for (int i = 0; i < wanted.Length; i++)
        {
            if (wanted[i].Value != current[i].Value)
            {
                wanted[changed++] = wanted[i];
            }
        }

        return wanted[..changed];
    }

    private static ulong? Find(ReadOnlySpan<ModelSpecificRegister> registers, uint index)
    {
        foreach (ModelSpecificRegister register in registers)
        {
            if (register.Index == index)
            {
                return register.Value;
            }
        }

        return null;
    }

    private static void Require(int done, ReadOnlySpan<KvmMsrEntry> registers, string what)
    {
        if (done != registers.Length)
        {
            throw new HypervisorException(Rules.HypervisorFailed.Found(
                $"the model-specific register 0x{registers[done].Index:X} cannot be {what}: dispose the sandbox."));
        }
    }
}
