namespace Hyperlight.Hypervisors.Kvm;

/// <summary>The numbers of KVM's capabilities, <c>KVM_CAP_…</c> in <c>linux/kvm.h</c>.</summary>
internal static class KvmCapability
{
    public const int InterruptControllers = 0;
    public const int UserMemory = 3;
    public const int SetTssAddress = 4;
    public const int ExtendedCpuid = 7;
    public const int MemorySlots = 10;
    public const int MultiprocessingState = 14;
    public const int SetGuestDebug = 23;
    public const int InterruptDescriptors = 32;
    public const int SetIdentityMapAddress = 37;
    public const int VcpuEvents = 41;
    public const int DebugRegisters = 50;
    public const int Xsave = 55;
    public const int ExtendedControlRegisters = 56;
    public const int SyncRegisters = 74;
    public const int ReadOnlyMemory = 81;
    public const int ImmediateExit = 136;
    public const int MsrFilter = 189;
    public const int EnforceParavirtualCpuid = 190;

    /// <summary><c>KVM_CHECK_EXTENSION</c>: asks for a capability.</summary>
    /// <returns>0 if KVM lacks the capability, otherwise a positive number whose meaning depends on the capability.</returns>
    public static int Check(FileDescriptor device, int capability) =>
        Math.Max(0, KvmIoctl.Call(device, KvmIoctl.CheckExtension, (nuint)capability));
}
