using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>/dev/kvm: what the host's KVM can do, and the start of every virtual machine.</summary>
internal sealed unsafe class KvmSystem
{
    /// <summary>The name by which snapshots know KVM.</summary>
    public const string Name = "kvm";

    /// <summary>The path of the device.</summary>
    public const string DevicePath = "/dev/kvm";

    private const int ApiVersion = 12;

    /// <summary><c>KVM_CAP_ENFORCE_PV_FEATURE_CPUID</c>.</summary>
    public const uint EnforceParavirtualCpuid = 190;

    // Capabilities, linux/kvm.h.
    private const int UserMemory = 3;
    private const int MemorySlots = 10;
    private const int SetTssAddress = 4;
    private const int ExtendedCpuid = 7;
    private const int SetIdentityMapAddress = 37;
    private const int Xsave = 55;
    private const int SyncRegs = 74;
    private const int ReadOnlyMemory = 81;
    private const int ImmediateExit = 136;
    private const int VcpuEvents = 41;
    private const int DebugRegisters = 50;
    private const int ExtendedControlRegisters = 56;
    private const int MsrFilter = 189;

    private const int InterruptControllers = 0;
    private const int MultiprocessingState = 14;
    private const int InterruptDescriptors = 32;

    // What a KVM has that does not say (KVM API documentation, section 4.3).
    private const uint DefaultMemorySlots = 32;

    private readonly FileDescriptor _device;
    private readonly KvmCpuidEntry[] _cpuid;

    // The machine of a sandbox that is gone, for the next. To make one takes most of the time that a sandbox takes to create. And while there is one, KVM
    // keeps what it does with the first and undoes with the last: it turns virtualization on, and patches itself for processors without a local APIC.
    private IdleMachine? _idle;

    private KvmSystem(FileDescriptor device)
    {
        _device = device;
        VcpuMappingSize = KvmIoctl.Require(device, KvmIoctl.GetVcpuMmapSize, 0, "KVM_GET_VCPU_MMAP_SIZE");
        _cpuid = GetSupportedCpuid(device);
        MemorySlotCount = (uint)CheckExtension(device, MemorySlots) is > 0 and uint count ? count : DefaultMemorySlots;
        HasExtendedControlRegisters = CheckExtension(device, ExtendedControlRegisters) > 0;
        HasMsrFilter = CheckExtension(device, MsrFilter) > 0;
        CanEnforceParavirtualCpuid = CheckExtension(device, (int)EnforceParavirtualCpuid) > 0;
    }

    /// <summary>Bytes of the pages that kernel and host share about a virtual processor: <c>KVM_GET_VCPU_MMAP_SIZE</c>.</summary>
    public int VcpuMappingSize { get; }

    /// <summary>Gets what a snapshot's registers are bound to.</summary>
    public MachineIdentity Identity { get; } = new("x86_64", Name, CpuVendor.Read());

    /// <summary>
    /// Whether KVM finds a guest's segment registers in memory, where they cost nothing to read. Intel processors have an instruction for each field, which a
    /// hypervisor beneath this one may have to execute for it.
    /// </summary>
    public bool KeepsSegmentsInMemory => Identity.CpuVendor == CpuVendor.Amd || Identity.CpuVendor == CpuVendor.Hygon;

    /// <summary>How many pieces of memory a virtual machine may have: <c>KVM_CAP_NR_MEMSLOTS</c>.</summary>
    public uint MemorySlotCount { get; }

    /// <summary>Whether there is an XCR0: <c>KVM_CAP_XCRS</c>. Some KVMs let a guest change it even if its CPUID shows no XSAVE.</summary>
    public bool HasExtendedControlRegisters { get; }

    /// <summary>Whether KVM can keep a guest from model-specific registers: <c>KVM_CAP_X86_MSR_FILTER</c>, Linux 5.10.</summary>
    public bool HasMsrFilter { get; }

    /// <summary>
    /// Whether KVM can refuse a guest what KVM offers to guests that know of it and CPUID does not announce: <c>KVM_CAP_ENFORCE_PV_FEATURE_CPUID</c>, Linux 5.10.
    /// </summary>
    public bool CanEnforceParavirtualCpuid { get; }

    /// <summary>Says why KVM cannot be used.</summary>
    /// <param name="devicePath">KVM's device.</param>
    /// <returns>HL5001 to HL5004, or null when it can.</returns>
    public static Finding? Check(string devicePath)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return Rules.NoHypervisor.Found(
                $"this process runs on {RuntimeInformation.RuntimeIdentifier}, guests run on Linux with KVM on a 64-bit x86 processor: run there.");
        }

        (FileDescriptor device, int error) = FileDescriptor.TryOpen(devicePath);
        using (device)
        {
            return device.IsInvalid ? Explain(error) : CheckCapabilities(device);
        }
    }

    /// <summary>Says what KVM lacks for guests with hardware interrupts.</summary>
    /// <returns>HL5003, or null when it has all.</returns>
    public Finding? FindMissingForInterrupts()
    {
        string missing = FindMissing(
            _device, [(InterruptControllers, "KVM_CAP_IRQCHIP"), (InterruptDescriptors, "KVM_CAP_IRQFD"), (MultiprocessingState, "KVM_CAP_MP_STATE")]);
        return missing.Length == 0 ? null : Rules.HypervisorTooOld.Found(
            $"the guest has hardware interrupts and KVM lacks {missing}: use a kernel that has them, or bake the guest without HardwareInterrupts.");
    }

    /// <summary><c>KVM_CREATE_VM</c>: a virtual machine without memory or processors.</summary>
    public KvmVm CreateVirtualMachine() => new(new(KvmIoctl.Require(_device, KvmIoctl.CreateVm, 0, "KVM_CREATE_VM")));

    /// <summary>Takes the machine that is kept.</summary>
    /// <returns>It, or null when there is none of this kind.</returns>
    public IdleMachine? Take(MachineKind kind)
    {
        IdleMachine? idle = Interlocked.Exchange(ref _idle, null);
        if (idle is null || idle.Kind == kind)
        {
            return idle;
        }

        Keep(idle);
        return null;
    }

    /// <summary>Keeps a machine for who takes it, instead of the one that is kept now.</summary>
    public void Keep(IdleMachine machine) => Interlocked.Exchange(ref _idle, machine)?.Dispose();

    /// <summary>
    /// <c>KVM_GET_MSR_INDEX_LIST</c>: the model-specific registers that KVM knows, in the order it gives them. It fails with E2BIG, and says how many
    /// there are, as long as the array is too short.
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
    /// What the host supports (<c>KVM_GET_SUPPORTED_CPUID</c>, asked once per process), with another number of physical address bits and without
    /// what no guest of ours is given.
    /// </summary>
    /// <param name="physicalAddressBits">What leaf 0x80000008 shall report, so that the guest believes in its top addresses.</param>
    public KvmCpuidEntry[] Cpuid(int physicalAddressBits)
    {
        KvmCpuidEntry[] entries = [.. _cpuid];
        foreach (ref KvmCpuidEntry entry in entries.AsSpan())
        {
            CpuidMask.Apply(ref entry, physicalAddressBits);
        }

        return entries;
    }

    /// <summary>Opens KVM.</summary>
    /// <param name="devicePath">The path of KVM's device.</param>
    /// <exception cref="HypervisorException">KVM cannot be used.</exception>
    public static KvmSystem Open(string devicePath)
    {
        FileDescriptor device = OpenDevice(devicePath);
        try
        {
            return new(device);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    private static FileDescriptor OpenDevice(string devicePath)
    {
        if (Check(devicePath) is { } finding)
        {
            throw new HypervisorException(finding);
        }

        (FileDescriptor device, int error) = FileDescriptor.TryOpen(devicePath);
        return device.IsInvalid ? throw new HypervisorException(Explain(error)) : device;
    }

    internal static Finding Explain(int error) => error switch
    {
        Errno.NoEntry or Errno.NoDevice or Errno.NoSuchDevice => Rules.NoHypervisor.Found(
            $"{DevicePath} is not there, a guest needs KVM: enable virtualization in the firmware (or nested virtualization for this virtual machine) "
            + "and load the module with 'sudo modprobe kvm_intel' or 'sudo modprobe kvm_amd'; a container also needs '--device /dev/kvm'."),
        Errno.PermissionDenied or Errno.AccessDenied => Rules.HypervisorDenied.Found(
            $"the user {Environment.UserName} may not open {DevicePath} for reading and writing: join the group that owns it, usually with "
            + "'sudo usermod -aG kvm $USER', and log in again ('stat -c %G /dev/kvm' shows the group)."),
        _ => Rules.HypervisorFailed.Found($"{DevicePath} cannot be opened: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}): "
            + (error == Errno.IsFolder
                ? "a container engine makes such a folder where it is to mount the device of a host that has none; remove the folder, enable KVM on the host, and start the container with '--device /dev/kvm'."
                : $"find out whether another program can open it ('ls -l {DevicePath}', 'sudo dmesg').")),
    };

    /// <summary>What <c>KVM_GET_API_VERSION</c> says: no answer at all means that something else was put in the place of the device, as containers do.</summary>
    internal static Finding? ExplainVersion(int version) => version switch
    {
        ApiVersion => null,
        < 0 => Rules.NoHypervisor.Found(
            $"{DevicePath} is there but is not KVM, a guest needs KVM: find out what put another file in its place; a container needs '--device /dev/kvm'."),
        _ => Rules.HypervisorTooOld.Found($"KVM has API version {version}, needed is {ApiVersion}: use a current kernel."),
    };

    private static Finding? CheckCapabilities(FileDescriptor device)
    {
        if (ExplainVersion(KvmIoctl.Call(device, KvmIoctl.GetApiVersion, 0)) is { } finding)
        {
            return finding;
        }

        (int Number, string Name)[] needed =
        [
            (UserMemory, "KVM_CAP_USER_MEMORY"),
            (SetTssAddress, "KVM_CAP_SET_TSS_ADDR"),
            (ExtendedCpuid, "KVM_CAP_EXT_CPUID"),
            (SetIdentityMapAddress, "KVM_CAP_SET_IDENTITY_MAP_ADDR"),
            (VcpuEvents, "KVM_CAP_VCPU_EVENTS"),
            (DebugRegisters, "KVM_CAP_DEBUGREGS"),
            (Xsave, "KVM_CAP_XSAVE"),
            (SyncRegs, "KVM_CAP_SYNC_REGS"), // since its first kernel for all registers that are used
            (ReadOnlyMemory, "KVM_CAP_READONLY_MEM"),
            (ImmediateExit, "KVM_CAP_IMMEDIATE_EXIT"),
        ];
        string missing = FindMissing(device, needed);
        return missing.Length == 0 ? null : Rules.HypervisorTooOld.Found($"KVM lacks {missing}: use a kernel of 4.17 or later.");
    }

    private static string FindMissing(FileDescriptor device, ReadOnlySpan<(int Number, string Name)> needed)
    {
        List<string> missing = [];
        foreach ((int number, string name) in needed)
        {
            if (CheckExtension(device, number) <= 0)
            {
                missing.Add(name);
            }
        }

        return string.Join(", ", missing);
    }

    /// <summary><c>KVM_CHECK_EXTENSION</c>: 0 when KVM lacks a capability, else a positive number whose meaning depends on it.</summary>
    private static int CheckExtension(FileDescriptor device, int capability) =>
        Math.Max(0, KvmIoctl.Call(device, KvmIoctl.CheckExtension, (nuint)capability));

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
