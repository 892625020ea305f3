using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>The descriptor of <c>/dev/kvm</c>: what the host's KVM can do, and the start of every virtual machine.</summary>
internal sealed unsafe class KvmSystem
{
    /// <summary>The name by which snapshots know KVM.</summary>
    public const string Name = "kvm";

    /// <summary>
    /// The switch of <see cref="AppContext"/> that says whether machines are made ahead. The switch is read when KVM is opened.
    /// </summary>
    public const string AheadSwitch = "Hyperlight.MakeMachinesAhead";

    // The number of slots of a KVM that does not report the number (KVM API documentation, section 4.3).
    private const uint DefaultMemorySlots = 32;

    private readonly FileDescriptor _device;
    private readonly KvmCpuidEntry[] _cpuid;

    // The answers of CPUID for each number of physical address bits, as KVM takes them. Layouts have few such numbers.
    private readonly ConcurrentDictionary<int, byte[]> _guestCpuid = [];

    private KvmSystem(FileDescriptor device)
    {
        _device = device;
        ThreadSignals.Prepare();
        VcpuMappingSize = KvmIoctl.Require(device, KvmIoctl.GetVcpuMmapSize, 0, "KVM_GET_VCPU_MMAP_SIZE");
        _cpuid = GetSupportedCpuid(device);
        MemorySlotCount = (uint)KvmCapability.Check(device, KvmCapability.MemorySlots) is > 0 and uint count ? count : DefaultMemorySlots;
        HasExtendedControlRegisters = KvmCapability.Check(device, KvmCapability.ExtendedControlRegisters) > 0;
        HasMsrFilter = KvmCapability.Check(device, KvmCapability.MsrFilter) > 0;
        CanEnforceParavirtualCpuid = KvmCapability.Check(device, KvmCapability.EnforceParavirtualCpuid) > 0;
        Idle = new(2 * Environment.ProcessorCount, CreateIdle, MakesMachinesAhead() ? RunAside : null);
    }

    /// <summary>
    /// Gets the size in bytes of the pages that kernel and host share about a virtual processor: <c>KVM_GET_VCPU_MMAP_SIZE</c>.
    /// </summary>
    public int VcpuMappingSize { get; }

    /// <summary>Gets the computer that a snapshot's registers are bound to.</summary>
    public MachineIdentity Identity { get; } = new("x86_64", CpuVendor.Read());

    /// <summary>
    /// Gets whether KVM finds a guest's segment registers in memory, where they cost nothing to read. Intel processors have an instruction
    /// for each field, which a hypervisor beneath this one may have to execute for KVM.
    /// </summary>
    public bool KeepsSegmentsInMemory => Identity.CpuVendor == CpuVendor.Amd || Identity.CpuVendor == CpuVendor.Hygon;

    /// <summary>Gets how many pieces of memory a virtual machine may have: <c>KVM_CAP_NR_MEMSLOTS</c>.</summary>
    public uint MemorySlotCount { get; }

    /// <summary>
    /// Gets whether processors have an XCR0: <c>KVM_CAP_XCRS</c>. Some KVMs let a guest change XCR0 even if the guest's CPUID shows no
    /// XSAVE.
    /// </summary>
    public bool HasExtendedControlRegisters { get; }

    /// <summary>Gets whether KVM can keep a guest from model-specific registers: <c>KVM_CAP_X86_MSR_FILTER</c>, Linux 5.10.</summary>
    public bool HasMsrFilter { get; }

    /// <summary>
    /// Gets whether KVM can refuse a guest the services that KVM has for guests and that CPUID does not announce:
    /// <c>KVM_CAP_ENFORCE_PV_FEATURE_CPUID</c>, Linux 5.10.
    /// </summary>
    public bool CanEnforceParavirtualCpuid { get; }

    /// <summary>
    /// Gets the machines that wait for the next sandboxes. Two for each processor are kept: no more can be created or disposed at the same
    /// moment, and a pool of the usual size that is replaced by another finds them all. The kernel takes 150 KiB for each.
    /// </summary>
    public IdleMachines Idle { get; }

    /// <summary>
    /// Gets or sets the model-specific registers of a new processor whose guest can use none, with their values; <c>null</c> until they
    /// have been read once. All such processors have equal values.
    /// </summary>
    public KvmMsrEntry[]? InitialMsrs { get; set; }

    /// <summary>Opens KVM.</summary>
    /// <param name="devicePath">The path of KVM's device.</param>
    /// <exception cref="HypervisorException">KVM cannot be used.</exception>
    public static KvmSystem Open(string devicePath)
    {
        if (KvmPresence.Check(devicePath) is { } finding)
        {
            throw new HypervisorException(finding);
        }

        (FileDescriptor device, int error) = FileDescriptor.TryOpen(devicePath);
        try
        {
            return device.IsInvalid ? throw new HypervisorException(KvmPresence.Explain(error)) : new(device);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>Finds out what KVM lacks for guests with hardware interrupts.</summary>
    /// <returns>HL5003; <c>null</c> if KVM lacks nothing.</returns>
    public Finding? CheckInterrupts() => KvmPresence.CheckInterrupts(_device);

    /// <summary>Finds out what KVM lacks for debuggers.</summary>
    /// <returns>HL5012; <c>null</c> if KVM lacks nothing.</returns>
    public Finding? CheckDebugging() => KvmPresence.CheckDebugging(_device);

    /// <summary><c>KVM_CREATE_VM</c>: creates a virtual machine without memory or processors.</summary>
    public KvmVm CreateVirtualMachine() => new(new(KvmIoctl.Require(_device, KvmIoctl.CreateVm, 0, "KVM_CREATE_VM")));

    /// <summary>
    /// <c>KVM_GET_MSR_INDEX_LIST</c>: gets the model-specific registers that KVM knows, in KVM's order. The request fails with E2BIG, and
    /// tells the number of registers, as long as the array is too short.
    /// </summary>
    public uint[] GetMsrIndexList()
    {
        // struct kvm_msr_list: the number of indices, the indices.
        uint[] buffer = new uint[1];
        while (true)
        {
            buffer[0] = (uint)buffer.Length - 1;
            fixed (uint* start = buffer)
            {
                if (KvmIoctl.Call(_device, KvmIoctl.GetMsrIndexList, (nuint)start) == 0)
                {
                    return buffer[1..checked((int)buffer[0] + 1)];
                }
            }

            int error = Marshal.GetLastPInvokeError();
            if (error is not (Errno.TooBig or Errno.Interrupted))
            {
                throw Errno.Failure("KVM_GET_MSR_INDEX_LIST", error);
            }

            buffer = new uint[buffer[0] + 1];
        }
    }

    /// <summary>
    /// Gets the CPUID of guests: what the host supports (<c>KVM_GET_SUPPORTED_CPUID</c>, asked once), without the features that no guest is
    /// given.
    /// </summary>
    /// <param name="physicalAddressBits">
    /// The number of physical address bits that leaf 0x80000008 reports. The guest derives its top addresses from the number.
    /// </param>
    /// <returns><c>struct kvm_cpuid2</c>: the number of entries, padding, the entries.</returns>
    public ReadOnlySpan<byte> Cpuid(int physicalAddressBits) => _guestCpuid.GetOrAdd(physicalAddressBits, MaskCpuid);

    // With one processor the work would not be done aside, but in front of what the program does next.
    private static bool MakesMachinesAhead() =>
        AppContext.TryGetSwitch(AheadSwitch, out bool isOn) ? isOn : Environment.ProcessorCount > 1;

    private static void RunAside(Action work) => ThreadPool.UnsafeQueueUserWorkItem(static work => work(), work, preferLocal: false);

    private BareMachine CreateIdle(MachineKind kind) => BareMachine.Create(this, kind, MsrPolicy.For(this, []), hasInterrupts: false);

    private byte[] MaskCpuid(int physicalAddressBits)
    {
        const int Header = 2 * sizeof(uint);
        byte[] cpuid = new byte[Header + (_cpuid.Length * sizeof(KvmCpuidEntry))];
        BitConverter.TryWriteBytes(cpuid, _cpuid.Length);
        Span<KvmCpuidEntry> entries = MemoryMarshal.Cast<byte, KvmCpuidEntry>(cpuid.AsSpan(Header));
        _cpuid.CopyTo(entries);
        foreach (ref KvmCpuidEntry entry in entries)
        {
            CpuidMask.Apply(ref entry, physicalAddressBits);
        }

        return cpuid;
    }

    /// <summary><c>KVM_GET_SUPPORTED_CPUID</c>: fails with E2BIG as long as the array is too short.</summary>
    private static KvmCpuidEntry[] GetSupportedCpuid(FileDescriptor device)
    {
        for (int capacity = 128; ; capacity *= 2)
        {
            // struct kvm_cpuid2: the number of entries, padding, the entries.
            byte[] buffer = new byte[(2 * sizeof(uint)) + (capacity * sizeof(KvmCpuidEntry))];
            fixed (byte* start = buffer)
            {
                *(uint*)start = (uint)capacity;
                if (KvmIoctl.Call(device, KvmIoctl.GetSupportedCpuid, (nuint)start) == 0)
                {
                    int count = *(int*)start;
                    return MemoryMarshal.Cast<byte, KvmCpuidEntry>(buffer.AsSpan(2 * sizeof(uint)))[..count].ToArray();
                }
            }

            int error = Marshal.GetLastPInvokeError();
            if (error is not (Errno.TooBig or Errno.Interrupted))
            {
                throw Errno.Failure("KVM_GET_SUPPORTED_CPUID", error);
            }
        }
    }
}
