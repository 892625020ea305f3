namespace Hyperlight.Hypervisors.Kvm;

/// <summary>The descriptor of a virtual machine. Disposing it frees the machine once its processors are disposed too.</summary>
internal sealed unsafe class KvmVm(FileDescriptor descriptor) : IDisposable
{
    private const uint MemoryIsReadOnly = 1 << 1;

    // The line of a PC's timer.
    private const uint TimerLine = 0;

    /// <summary>
    /// <c>KVM_SET_USER_MEMORY_REGION</c>: gives the guest host memory at a physical address. Without write permission
    /// (<c>KVM_MEM_READONLY</c>) a write leaves the guest as a memory access. KVM cannot forbid reading or executing.
    /// </summary>
    /// <param name="slot">A number for the region; every region has its own.</param>
    /// <param name="guest">Where the guest sees it, page-aligned, overlapping no other region.</param>
    /// <param name="host">The host's address, mapped and page-aligned until the region is unset or the machine is gone.</param>
    /// <param name="size">Bytes, a multiple of the page size; 0 unsets the region.</param>
    /// <param name="permissions">What the guest may do.</param>
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
    /// <c>KVM_X86_SET_MSR_FILTER</c>: keeps the guest from all model-specific registers but some; using another raises #GP in the guest. The host's
    /// own access is not affected. Before the first virtual processor.
    /// </summary>
    /// <param name="allowed">What the guest may read and write, at most <see cref="MsrPolicy.MaxAllowed"/>.</param>
    public void SetMsrFilter(ReadOnlySpan<uint> allowed)
    {
        const uint DefaultDeny = 1;
        const uint ReadAndWrite = 1 | 2;

        // A bit for each register of a range, in words; every range has one register.
        ulong yes = 1;
        ulong no = 0;
        KvmMsrFilter filter = new() { Flags = DefaultDeny };
        for (int i = 0; i < allowed.Length; i++)
        {
            filter.Ranges[i] = new() { Flags = ReadAndWrite, Count = 1, First = allowed[i], BitmapAddress = (ulong)&yes };
        }

        if (allowed.IsEmpty)
        {
            // KVM refuses to deny by default without a single range: one that denies too.
            filter.Ranges[0] = new() { Flags = ReadAndWrite, Count = 1, First = 0, BitmapAddress = (ulong)&no };
        }

        KvmIoctl.Require(descriptor, KvmIoctl.SetMsrFilter, &filter, "KVM_X86_SET_MSR_FILTER");
    }

    /// <summary>
    /// <c>KVM_SET_TSS_ADDR</c>: where KVM may keep three pages of its own below 4 GiB that the guest never sees. Intel processors without
    /// "unrestricted guest" need them to run real mode. Before the first virtual processor.
    /// </summary>
    public void SetTssAddress(GuestPhysicalAddress address) =>
        KvmIoctl.Require(descriptor, KvmIoctl.SetTssAddress, (nuint)address.Value, "KVM_SET_TSS_ADDR");

    /// <summary><c>KVM_SET_IDENTITY_MAP_ADDR</c>: where KVM may keep a fourth such page. Before the first virtual processor.</summary>
    public void SetIdentityMapAddress(GuestPhysicalAddress address)
    {
        ulong value = address.Value;
        KvmIoctl.Require(descriptor, KvmIoctl.SetIdentityMapAddress, &value, "KVM_SET_IDENTITY_MAP_ADDR");
    }

    /// <summary><c>KVM_CREATE_IRQCHIP</c>: two PICs, an IOAPIC, and a local APIC for each virtual processor. Before the first of those.</summary>
    public void CreateInterruptControllers() => KvmIoctl.Require(descriptor, KvmIoctl.CreateIrqchip, 0, "KVM_CREATE_IRQCHIP");

    /// <summary><c>KVM_GET_IRQCHIP</c>: what an interrupt controller holds.</summary>
    public byte[] GetInterruptController(uint id)
    {
        KvmInterruptController controller = new() { Id = id };
        KvmIoctl.Require(descriptor, KvmIoctl.GetIrqchip, &controller, "KVM_GET_IRQCHIP");
        return ((ReadOnlySpan<byte>)controller.State).ToArray();
    }

    /// <summary><c>KVM_SET_IRQCHIP</c>: sets an interrupt controller to what <see cref="GetInterruptController"/> gave.</summary>
    public void SetInterruptController(uint id, ReadOnlySpan<byte> state)
    {
        KvmInterruptController controller = new() { Id = id };
        state.CopyTo(controller.State);
        KvmIoctl.Require(descriptor, KvmIoctl.SetIrqchip, &controller, "KVM_SET_IRQCHIP");
    }

    /// <summary><c>KVM_IRQFD</c>: signals of a descriptor become edges at the timer's line.</summary>
    public void AssignTimerLine(FileDescriptor line) => SetTimerLine(line, 0);

    /// <summary><c>KVM_IRQFD</c>: takes the descriptor from the line. Its signals so far have been delivered or are forgotten.</summary>
    public void DeassignTimerLine(FileDescriptor line) => SetTimerLine(line, KvmInterruptDescriptor.Deassign);

    /// <summary><c>KVM_CREATE_VCPU</c>: adds virtual processor 0, the only one a guest has.</summary>
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
