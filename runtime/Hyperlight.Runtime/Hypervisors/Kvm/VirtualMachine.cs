using Hyperlight.CoreDumps;
using Hyperlight.Layouts;
using Hyperlight.Memory;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// A virtual machine with one processor: the seam between sandboxes and the hypervisor. Everything a sandbox needs from a hypervisor is a
/// member here, and nothing else; a second hypervisor would turn these members into an interface. It does not own the memory mapped into it.
/// </summary>
internal sealed class VirtualMachine : IDisposable
{
    // Room for KVM's own pages on Intel processors that cannot run without paging natively: the four pages below the local APIC's page, which
    // layouts without paging reserve for this. KVM's defaults would lie in their scratch region.
    private static readonly GuestPhysicalAddress IdentityMapAddress = new(0xFEDF_C000);
    private static readonly GuestPhysicalAddress TssAddress = new(0xFEDF_D000);

    private readonly KvmVirtualMachine _machine;
    private readonly KvmVcpu _processor;
    private readonly bool _hasExtendedControl;

    // The model-specific registers a guest can change, with the values a processor starts with.
    private readonly KvmMsrEntry[] _msrs;

    /// <summary>Creates a machine without memory, its processor ready for a layout's first instruction.</summary>
    /// <param name="layout">The layout, for the entry mode and the width of physical addresses.</param>
    /// <param name="pageTables">The root of the guest's initial page tables; not used without paging.</param>
    /// <param name="msrs">Which model-specific registers the guest may use.</param>
    /// <exception cref="HypervisorException">There is no usable hypervisor, or it refuses.</exception>
    /// <exception cref="HyperlightException">An allowed register is one that the hypervisor cannot set back.</exception>
    public VirtualMachine(GuestLayout layout, GuestPhysicalAddress pageTables, MsrPolicy msrs)
    {
        KvmSystem system = KvmSystem.Shared;
        _hasExtendedControl = system.HasExtendedControlRegisters;
        _machine = system.CreateVirtualMachine();
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

            _processor = _machine.CreateVcpu(system);
            _processor.SetCpuid(system.Cpuid(layout.PhysicalAddressBits));
            _msrs = ReadInitialMsrs(msrs);
            _processor.SetSpecialRegisters(EntryState.For(layout.EntryMode, pageTables));
        }
        catch
        {
            _processor?.Dispose();
            _machine.Dispose();
            throw;
        }
    }

    /// <summary>How many numbers for regions there are, from 0.</summary>
    public static uint SlotCount => KvmSystem.Shared.MemorySlotCount;

    /// <summary>Gives the guest memory at a physical address.</summary>
    /// <param name="slot">A number for the region; every region has its own.</param>
    /// <param name="address">Where the guest sees it.</param>
    /// <param name="memory">The host's memory, to be kept until the region is unmapped or the machine disposed.</param>
    /// <param name="permissions">What the guest may do there.</param>
    public void Map(uint slot, GuestPhysicalAddress address, MappedMemory memory, MemoryPermissions permissions) =>
        _machine.SetUserMemoryRegion(slot, address, memory.Address, memory.Size, permissions);

    /// <summary>Takes memory away from the guest.</summary>
    public void Unmap(uint slot) => _machine.SetUserMemoryRegion(slot, default, 0, 0, MemoryPermissions.Write);

    /// <summary>The general registers at the last exit.</summary>
    public GeneralRegisters GetRegisters() => _processor.GetRegisters();

    /// <summary>
    /// The general registers for the next run. After an OUT this is safe although KVM completes the instruction only then: it advances RIP
    /// only if RIP still is where the OUT was, and an OUT changes no other register.
    /// </summary>
    public void SetRegisters(in GeneralRegisters registers) => _processor.SetRegisters(registers);

    /// <summary>Resets the floating-point and vector registers (amd64 sheet, section 4.3).</summary>
    public void ResetFloatingPoint() => _processor.ResetFloatingPoint();

    /// <summary>What the processor keeps from call to call.</summary>
    public ProcessorState GetState()
    {
        KvmMsrEntry[] msrs = [.. _msrs];
        Require(_processor.GetMsrs(msrs), msrs, "read");
        return new(_processor.GetSpecialRegisters(), _hasExtendedControl ? _processor.GetExtendedControl() : 1, [.. msrs]);
    }

    /// <summary>All registers that a debugger shows, as the last exit left them.</summary>
    public CoreRegisters GetAllRegisters() => new(
        _processor.GetRegisters(), _processor.GetSpecialRegisters(), _hasExtendedControl ? _processor.GetExtendedControl() : 1, _processor.GetFloatingPoint());

    /// <summary>
    /// Finishes what the last exit has left undone and forgets what the processor was about to do. Before memory and registers are replaced.
    /// </summary>
    public void Settle()
    {
        _processor.CompleteExit();
        _processor.ClearEvents();
    }

    /// <summary>
    /// Gives the processor a state, whatever a guest has done to it since. Model-specific registers that the state does not have become what they
    /// are when a processor starts. The general registers are still to be set.
    /// </summary>
    /// <param name="state">The state.</param>
    public void SetState(ProcessorState state)
    {
        _processor.SetSpecialRegisters(state.Special);
        if (_hasExtendedControl)
        {
            _processor.SetExtendedControl(state.ExtendedControl);
        }

        _processor.ResetFloatingPoint();
        _processor.ResetDebugRegisters();
        KvmMsrEntry[] current = [.. _msrs];
        Require(_processor.GetMsrs(current), current, "read");
        KvmMsrEntry[] changed = [.. WantedMsrs(state).Zip(current).Where(pair => pair.First.Value != pair.Second.Value).Select(pair => pair.First)];
        Require(_processor.SetMsrs(changed), changed, "set back");
    }

    /// <summary>Lets the guest go on until something needs the host.</summary>
    public VirtualMachineExit Run() => _processor.Run();

    /// <summary>Stops the current run, and every later one until <see cref="ClearCancel"/>. Any thread, at any time, even after disposal.</summary>
    public void Cancel() => _processor.Cancel();

    /// <summary>Forgets a cancel. Only between runs.</summary>
    public void ClearCancel() => _processor.ClearCancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        _processor.Dispose();
        _machine.Dispose();
    }

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

    private IEnumerable<KvmMsrEntry> WantedMsrs(ProcessorState state)
    {
        Dictionary<uint, ulong> values = state.Msrs.ToDictionary(register => register.Index, register => register.Value);
        return _msrs.Select(register => register with { Value = values.GetValueOrDefault(register.Index, register.Value) });
    }

    private static void Require(int done, KvmMsrEntry[] registers, string what)
    {
        if (done != registers.Length)
        {
            throw new HypervisorException(Rules.HypervisorFailed.Found(
                $"the model-specific register 0x{registers[done].Index:X} cannot be {what}: dispose the sandbox."));
        }
    }
}
