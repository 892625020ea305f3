using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>/dev/kvm: what the host's KVM can do, and the start of every virtual machine.</summary>
internal sealed unsafe class KvmSystem
{
    private const string DevicePath = "/dev/kvm";
    private const int ApiVersion = 12;

    // Capabilities, linux/kvm.h.
    private const int UserMemory = 3;
    private const int SetTssAddress = 4;
    private const int ExtendedCpuid = 7;
    private const int SetIdentityMapAddress = 37;
    private const int Xsave = 55;
    private const int SyncRegs = 74;
    private const int ReadOnlyMemory = 81;
    private const int ImmediateExit = 136;

    private const uint AddressSizeLeaf = 0x8000_0008;

    // One descriptor serves the whole process; a failure is not remembered, so that loading the module helps at the next try.
    private static readonly Lazy<KvmSystem> Instance = new(() => new KvmSystem(Open()), LazyThreadSafetyMode.PublicationOnly);

    private readonly FileDescriptor _device;
    private readonly KvmCpuidEntry[] _cpuid;

    private KvmSystem(FileDescriptor device)
    {
        _device = device;
        VcpuMappingSize = KvmIoctl.Require(device, KvmIoctl.GetVcpuMmapSize, 0, "KVM_GET_VCPU_MMAP_SIZE");
        _cpuid = GetSupportedCpuid(device);
    }

    /// <summary>The host's KVM.</summary>
    /// <exception cref="HypervisorException">It cannot be used.</exception>
    public static KvmSystem Shared => Instance.Value;

    /// <summary>Bytes of the pages that kernel and host share about a virtual processor: <c>KVM_GET_VCPU_MMAP_SIZE</c>.</summary>
    public int VcpuMappingSize { get; }

    /// <summary>Says why KVM cannot be used.</summary>
    /// <param name="devicePath">KVM's device.</param>
    /// <returns>HL5001 to HL5004, or null when it can.</returns>
    public static Finding? Check(string devicePath = DevicePath)
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

    /// <summary><c>KVM_CREATE_VM</c>: a virtual machine without memory or processors.</summary>
    public KvmVirtualMachine CreateVirtualMachine() => new(new(KvmIoctl.Require(_device, KvmIoctl.CreateVm, 0, "KVM_CREATE_VM")));

    /// <summary>What the host supports (<c>KVM_GET_SUPPORTED_CPUID</c>, asked once per process), with another number of physical address bits.</summary>
    /// <param name="physicalAddressBits">What leaf 0x80000008 shall report, so that the guest believes in its top addresses.</param>
    public KvmCpuidEntry[] Cpuid(int physicalAddressBits)
    {
        KvmCpuidEntry[] entries = [.. _cpuid];
        foreach (ref KvmCpuidEntry entry in entries.AsSpan())
        {
            if (entry.Function == AddressSizeLeaf)
            {
                entry.Eax = (entry.Eax & ~0xFFu) | (uint)physicalAddressBits;
            }
        }

        return entries;
    }

    private static FileDescriptor Open()
    {
        if (Check() is { } finding)
        {
            throw new HypervisorException(finding);
        }

        (FileDescriptor device, int error) = FileDescriptor.TryOpen(DevicePath);
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
        _ => Rules.HypervisorFailed.Found($"{DevicePath} cannot be opened: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})."),
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
            (Xsave, "KVM_CAP_XSAVE"),
            (SyncRegs, "KVM_CAP_SYNC_REGS"),
            (ReadOnlyMemory, "KVM_CAP_READONLY_MEM"),
            (ImmediateExit, "KVM_CAP_IMMEDIATE_EXIT"),
        ];
        string missing = string.Join(", ", needed.Where(capability => CheckExtension(device, capability.Number) <= 0).Select(capability => capability.Name));
        return missing.Length == 0 ? null : Rules.HypervisorTooOld.Found($"KVM lacks {missing}: use a kernel of 4.17 or later.");
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
