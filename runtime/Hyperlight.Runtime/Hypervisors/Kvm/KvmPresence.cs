using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>Finds out whether KVM can be used, and says what to do if not.</summary>
internal static class KvmPresence
{
    /// <summary>The path of KVM's device.</summary>
    public const string DevicePath = "/dev/kvm";

    private const int ApiVersion = 12;

    private static readonly (int Number, string Name)[] NeededCapabilities =
    [
        (KvmCapability.UserMemory, "KVM_CAP_USER_MEMORY"),
        (KvmCapability.SetTssAddress, "KVM_CAP_SET_TSS_ADDR"),
        (KvmCapability.ExtendedCpuid, "KVM_CAP_EXT_CPUID"),
        (KvmCapability.SetIdentityMapAddress, "KVM_CAP_SET_IDENTITY_MAP_ADDR"),
        (KvmCapability.VcpuEvents, "KVM_CAP_VCPU_EVENTS"),
        (KvmCapability.DebugRegisters, "KVM_CAP_DEBUGREGS"),
        (KvmCapability.Xsave, "KVM_CAP_XSAVE"),

        // Linux 4.17 is the first kernel that has the next capability for all registers that this code uses.
        (KvmCapability.SyncRegisters, "KVM_CAP_SYNC_REGS"),
        (KvmCapability.ReadOnlyMemory, "KVM_CAP_READONLY_MEM"),
        (KvmCapability.ImmediateExit, "KVM_CAP_IMMEDIATE_EXIT"),
    ];

    private static readonly (int Number, string Name)[] InterruptCapabilities =
    [
        (KvmCapability.InterruptControllers, "KVM_CAP_IRQCHIP"),
        (KvmCapability.InterruptDescriptors, "KVM_CAP_IRQFD"),
        (KvmCapability.MultiprocessingState, "KVM_CAP_MP_STATE"),
    ];

    /// <summary>Finds out why KVM cannot be used.</summary>
    /// <param name="devicePath">The path of KVM's device.</param>
    /// <returns>HL5001, HL5002, HL5003 or HL5004; <c>null</c> if KVM can be used.</returns>
    public static Finding? Check(string devicePath)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return Rules.NoHypervisor.Found(
                $"this process runs on {RuntimeInformation.RuntimeIdentifier}, guests run on Linux with KVM on a 64-bit x86 processor: run "
                    + $"there.");
        }

        (FileDescriptor device, int error) = FileDescriptor.TryOpen(devicePath);
        using (device)
        {
            return device.IsInvalid ? Explain(error) : CheckCapabilities(device);
        }
    }

    /// <summary>Finds out what KVM lacks for guests with hardware interrupts.</summary>
    /// <returns>HL5003; <c>null</c> if KVM lacks nothing.</returns>
    public static Finding? CheckInterrupts(FileDescriptor device)
    {
        string missing = FindMissing(device, InterruptCapabilities);
        return missing.Length == 0 ? null : Rules.HypervisorTooOld.Found(
            $"the guest has hardware interrupts and KVM lacks {missing}: use a kernel that has them, or bake the guest without "
                + $"HardwareInterrupts.");
    }

    /// <summary>Finds out what KVM lacks for debuggers.</summary>
    /// <returns>HL5012; <c>null</c> if KVM lacks nothing.</returns>
    public static Finding? CheckDebugging(FileDescriptor device) =>
        KvmCapability.Check(device, KvmCapability.SetGuestDebug) > 0 ? null : Rules.DebuggerNotSupported.Found(
            $"SandboxOptions.Debugger is set and KVM lacks KVM_CAP_SET_GUEST_DEBUG: use a kernel that has it, or leave the option unset.");

    /// <summary>Explains why the device cannot be opened.</summary>
    /// <param name="error">The error number of open(2).</param>
    /// <returns>HL5001, HL5002 or HL5004.</returns>
    public static Finding Explain(int error) => error switch
    {
        Errno.NoEntry or Errno.NoDevice or Errno.NoSuchDevice => Rules.NoHypervisor.Found(
            $"{DevicePath} is not there, a guest needs KVM: enable virtualization in the firmware (or nested virtualization for this "
            + $"virtual machine) and load the module with 'sudo modprobe kvm_intel' or 'sudo modprobe kvm_amd'; a container also needs "
            + $"'--device /dev/kvm'."),
        Errno.PermissionDenied or Errno.AccessDenied => Rules.HypervisorDenied.Found(
            $"the user {Environment.UserName} may not open {DevicePath} for reading and writing: join the group that owns it, usually with "
            + $"'sudo usermod -aG kvm $USER', and log in again ('stat -c %G /dev/kvm' shows the group)."),
        _ => Rules.HypervisorFailed.FoundText(
            $"{DevicePath} cannot be opened: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}): "
            + (error == Errno.IsFolder
                ? "it is a folder, which a container engine creates if the host has no such device; remove the folder, enable KVM on the "
                    + "host, and start the container with '--device /dev/kvm'."
                : $"find out whether another program can open it ('ls -l {DevicePath}', 'sudo dmesg').")),
    };

    /// <summary>
    /// Explains the answer to <c>KVM_GET_API_VERSION</c>. Without an answer, the file at the path of the device is not KVM.
    /// </summary>
    /// <param name="version">The answer; negative if there is none.</param>
    /// <returns>HL5001 or HL5003; <c>null</c> if the version is the right one.</returns>
    public static Finding? ExplainVersion(int version) => version switch
    {
        ApiVersion => null,
        < 0 => Rules.NoHypervisor.Found(
            $"{DevicePath} is there but is not KVM, a guest needs KVM: find out what put another file in its place; a container needs "
            + $"'--device /dev/kvm'."),
        _ => Rules.HypervisorTooOld.Found($"KVM has API version {version}, needed is {ApiVersion}: use a current kernel."),
    };

    private static Finding? CheckCapabilities(FileDescriptor device)
    {
        if (ExplainVersion(KvmIoctl.Call(device, KvmIoctl.GetApiVersion, 0)) is { } finding)
        {
            return finding;
        }

        string missing = FindMissing(device, NeededCapabilities);
        return missing.Length == 0 ? null : Rules.HypervisorTooOld.Found($"KVM lacks {missing}: use a kernel of 4.17 or later.");
    }

    private static string FindMissing(FileDescriptor device, (int Number, string Name)[] needed)
    {
        List<string> missing = [];
        foreach ((int number, string name) in needed)
        {
            if (KvmCapability.Check(device, number) == 0)
            {
                missing.Add(name);
            }
        }

        return string.Join(", ", missing);
    }
}
