using Hyperlight.Layouts;
using Hyperlight.Memory;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// A virtual machine with one processor: the seam between sandboxes and the hypervisor. Everything a sandbox needs from a hypervisor is a
/// member here, and nothing else; a second hypervisor would turn these members into an interface. It does not own the memory mapped into it.
/// </summary>
internal sealed class VirtualMachine : IDisposable
{
    // Room for KVM's own pages on Intel processors that cannot run real mode natively, which a guest that starts in real mode must not
    // cover: the four pages below the local APIC's page. The identity layout reserves the APIC's page, so its snapshot region (from 0 up)
    // ends and its scratch region (from 4 GiB down) begins on other sides of them. KVM's defaults would lie in its scratch region.
    private static readonly GuestPhysicalAddress IdentityMapAddress = new(0xFEDF_C000);
    private static readonly GuestPhysicalAddress TssAddress = new(0xFEDF_D000);

    private readonly KvmVirtualMachine _machine;
    private readonly KvmVcpu _processor;

    /// <summary>Creates a machine without memory, its processor ready for a layout's first instruction.</summary>
    /// <param name="layout">The layout, for the entry mode and the width of physical addresses.</param>
    /// <param name="pageTables">The root of the guest's initial page tables; not used without paging.</param>
    /// <exception cref="HypervisorException">There is no usable hypervisor, or it refuses.</exception>
    public VirtualMachine(GuestLayout layout, GuestPhysicalAddress pageTables)
    {
        KvmSystem system = KvmSystem.Shared;
        _machine = system.CreateVirtualMachine();
        try
        {
            if (layout.EntryMode == EntryMode.RealMode)
            {
                _machine.SetIdentityMapAddress(IdentityMapAddress);
                _machine.SetTssAddress(TssAddress);
            }

            _processor = _machine.CreateVcpu(system);
            _processor.SetCpuid(system.Cpuid(layout.PhysicalAddressBits));
            _processor.SetSpecialRegisters(EntryState.For(layout.EntryMode, pageTables));
        }
        catch
        {
            _processor?.Dispose();
            _machine.Dispose();
            throw;
        }
    }

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
}
