namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// The descriptor of a virtual machine. The kernel frees the machine once the descriptors of the machine and of its processors are closed.
/// </summary>
internal sealed unsafe class KvmVm(FileDescriptor descriptor) : IDisposable
{
    private const uint MemoryIsReadOnly = 1 << 1;

    // The line of a PC's timer.
    private const uint TimerLine = 0;

    /// <summary>
    /// <c>KVM_SET_USER_MEMORY_REGION</c>: gives the guest host memory at a physical address. If the guest has no write permission
    /// (<c>KVM_MEM_READONLY</c>), its write is an exit. KVM cannot forbid reading or executing.
    /// </summary>
    /// <param name="slot">The number of the region. No other region has the number.</param>
    /// <param name="guest">The guest-physical address, page-aligned. The region overlaps no other region.</param>
    /// <param name="host">The host's address, page-aligned, which stays mapped until the region is unset or the machine is closed.</param>
    /// <param name="size">The size in bytes, a multiple of the page size; 0 unsets the region.</param>
    /// <param name="permissions">The guest's permissions for the memory.</param>
    public void SetUserMemoryRegion(uint slot, GuestPhysicalAddress guest, ulong host, ulong size, MemoryPermissions permissions)
    {
        KvmMemoryRegion region = new()
        {
            Slot = slot,
            Flags = permissions.HasFlag(MemoryPermissions.Write) ? 0 : MemoryIsReadOnly,
            GuestAddress = guest.Value,
            Size = size,
            HostAddress = host,
        };
        KvmIoctl.Require(descriptor, KvmIoctl.SetUserMemoryRegion, &region, "KVM_SET_USER_MEMORY_REGION");
    }

    /// <summary>
    /// <c>KVM_X86_SET_MSR_FILTER</c>: keeps the guest from all model-specific registers except some. Using another register raises #GP in
    /// the guest. The host's own access is not affected. To be called before the first virtual processor is created.
    /// </summary>
    /// <param name="allowed">
    /// The registers that the guest may read and write, at most <see cref="ModelSpecificRegister.MaxAllowed"/>.
    /// </param>
    public void SetMsrFilter(ReadOnlySpan<uint> allowed)
    {
        const uint DefaultDeny = 1;
        const uint ReadAndWrite = 1 | 2;

        // Each range has one register, and so one bit in its bitmap.
        ulong yes = 1;
        ulong no = 0;
        KvmMsrFilter filter = new() { Flags = DefaultDeny };
        for (int i = 0; i < allowed.Length; i++)
        {
            filter.Ranges[i] = new() { Flags = ReadAndWrite, Count = 1, First = allowed[i], BitmapAddress = (ulong)&yes };
        }

        if (allowed.IsEmpty)
        {
            // KVM refuses a filter without a range that denies by default, so the filter gets a range that denies one register.
            filter.Ranges[0] = new() { Flags = ReadAndWrite, Count = 1, First = 0, BitmapAddress = (ulong)&no };
        }

        KvmIoctl.Require(descriptor, KvmIoctl.SetMsrFilter, &filter, "KVM_X86_SET_MSR_FILTER");
    }

    /// <summary>
    /// <c>KVM_SET_TSS_ADDR</c>: gives KVM three pages below 4 GiB for itself, which the guest never sees. KVM needs them to run real mode
    /// on Intel processors without "unrestricted guest". To be called before the first virtual processor is created.
    /// </summary>
    public void SetTssAddress(GuestPhysicalAddress address) =>
        KvmIoctl.Require(descriptor, KvmIoctl.SetTssAddress, (nuint)address.Value, "KVM_SET_TSS_ADDR");

    /// <summary>
    /// <c>KVM_SET_IDENTITY_MAP_ADDR</c>: gives KVM a fourth page below 4 GiB, also for real mode on Intel processors without "unrestricted
    /// guest". To be called before the first virtual processor is created.
    /// </summary>
    public void SetIdentityMapAddress(GuestPhysicalAddress address)
    {
        ulong value = address.Value;
        KvmIoctl.Require(descriptor, KvmIoctl.SetIdentityMapAddress, &value, "KVM_SET_IDENTITY_MAP_ADDR");
    }

    /// <summary>
    /// <c>KVM_CREATE_IRQCHIP</c>: creates two PICs, an IOAPIC, and a local APIC for each virtual processor. To be called before the first
    /// virtual processor is created.
    /// </summary>
    public void CreateInterruptControllers() => KvmIoctl.Require(descriptor, KvmIoctl.CreateIrqchip, 0, "KVM_CREATE_IRQCHIP");

    /// <summary><c>KVM_GET_IRQCHIP</c>: gets the content of an interrupt controller.</summary>
    public byte[] GetInterruptController(uint id)
    {
        KvmInterruptController controller = new() { Id = id };
        KvmIoctl.Require(descriptor, KvmIoctl.GetIrqchip, &controller, "KVM_GET_IRQCHIP");
        return ((ReadOnlySpan<byte>)controller.State).ToArray();
    }

    /// <summary>
    /// <c>KVM_SET_IRQCHIP</c>: sets the content of an interrupt controller, which <see cref="GetInterruptController"/> returned.
    /// </summary>
    public void SetInterruptController(uint id, ReadOnlySpan<byte> state)
    {
        KvmInterruptController controller = new() { Id = id };
        state.CopyTo(controller.State);
        KvmIoctl.Require(descriptor, KvmIoctl.SetIrqchip, &controller, "KVM_SET_IRQCHIP");
    }

    /// <summary><c>KVM_IRQFD</c>: makes each signal of a descriptor an edge at the timer's line.</summary>
    public void AssignTimerLine(FileDescriptor line) => SetTimerLine(line, 0);

    /// <summary>
    /// <c>KVM_IRQFD</c>: takes the descriptor from the timer's line. Earlier signals have been delivered then, or are forgotten.
    /// </summary>
    public void DeassignTimerLine(FileDescriptor line) => SetTimerLine(line, KvmInterruptDescriptor.Deassign);

    /// <summary><c>KVM_CREATE_VCPU</c>: creates virtual processor 0, the only one of a guest.</summary>
    public KvmVcpu CreateVcpu(KvmSystem system) =>
        new(new(KvmIoctl.Require(descriptor, KvmIoctl.CreateVcpu, 0, "KVM_CREATE_VCPU")), system);

    /// <inheritdoc/>
    public void Dispose() => descriptor.Dispose();

    private void SetTimerLine(FileDescriptor line, uint flags)
    {
        KvmInterruptDescriptor request = new() { Descriptor = (uint)line.DangerousGetHandle(), Line = TimerLine, Flags = flags };
        KvmIoctl.Require(descriptor, KvmIoctl.Irqfd, &request, "KVM_IRQFD");
    }
}
