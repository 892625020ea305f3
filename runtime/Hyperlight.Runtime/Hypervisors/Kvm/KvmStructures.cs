using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary><c>struct kvm_userspace_memory_region</c>: a slot of guest-physical memory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvmMemoryRegion
{
    public uint Slot;
    public uint Flags;
    public ulong GuestAddress;
    public ulong Size;
    public ulong HostAddress;
}

/// <summary><c>struct kvm_cpuid_entry2</c>: the answer of the guest's CPUID for a leaf.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvmCpuidEntry
{
    public uint Function;
    public uint Index;
    public uint Flags;
    public uint Eax;
    public uint Ebx;
    public uint Ecx;
    public uint Edx;
    private readonly uint _padding0;
    private readonly uint _padding1;
    private readonly uint _padding2;
}

/// <summary><c>struct kvm_msr_entry</c>: a model-specific register.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvmMsrEntry
{
    public uint Index;
    private readonly uint _reserved;
    public ulong Value;
}

/// <summary><c>struct kvm_msr_filter</c>: the model-specific registers that a guest may use.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvmMsrFilter
{
    public uint Flags;
    private readonly uint _padding;
    public RangeArray Ranges;

    /// <summary>The ranges. A range that is not used has no registers.</summary>
    [InlineArray(ModelSpecificRegister.MaxAllowed)]
    public struct RangeArray
    {
        private KvmMsrFilterRange _first;
    }
}

/// <summary><c>struct kvm_msr_filter_range</c>: a range of registers, with one bit for each register: 1 if the guest may use it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvmMsrFilterRange
{
    public uint Flags;
    public uint Count;
    public uint First;
    private readonly uint _padding;
    public ulong BitmapAddress;
}

/// <summary><c>struct kvm_irqchip</c>: the content of an interrupt controller.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvmInterruptController
{
    public uint Id;
    private readonly uint _padding;
    public Content State;

    /// <summary>Room for every kind of controller.</summary>
    [InlineArray(512)]
    public struct Content
    {
        private byte _first;
    }
}

/// <summary><c>struct kvm_irqfd</c>: an event descriptor whose signals are edges at an interrupt line.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct KvmInterruptDescriptor
{
    // KVM_IRQFD_FLAG_DEASSIGN.
    public const uint Deassign = 1;

    [FieldOffset(0)]
    public uint Descriptor;

    [FieldOffset(4)]
    public uint Line;

    [FieldOffset(8)]
    public uint Flags;
}

/// <summary><c>struct kvm_xcrs</c>: the extended control registers. XCR0 is the only one.</summary>
[StructLayout(LayoutKind.Explicit, Size = 392)]
internal struct KvmExtendedControlRegisters
{
    [FieldOffset(0)]
    public uint Count;

    [FieldOffset(8)]
    public uint Number;

    [FieldOffset(16)]
    public ulong Value;
}

/// <summary><c>struct kvm_debugregs</c>: the debug registers. Fields without a name here are 0.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct KvmDebugRegisters
{
    [FieldOffset(32)]
    public ulong Dr6;

    [FieldOffset(40)]
    public ulong Dr7;
}

/// <summary><c>struct kvm_guest_debug</c>: what a processor does for a debugger. Fields without a name here are 0.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal struct KvmGuestDebug
{
    // KVM_GUESTDBG_…
    public const uint Enable = 1;
    public const uint SingleStep = 2;
    public const uint UseHardwareBreakpoints = 0x20000;

    [FieldOffset(0)]
    public uint Control;

    [FieldOffset(64)]
    public ulong Dr7;
}

/// <summary><c>struct kvm_vcpu_events</c>: exceptions and interrupts that wait for delivery. Fields without a name here are 0.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct KvmVcpuEvents
{
    // KVM_VCPUEVENT_VALID_…: the optional fields that KVM reads. KVM always reads the other fields.
    public const uint NonMaskablePending = 1;
    public const uint InterruptShadow = 4;

    [FieldOffset(8)]
    public byte InterruptInjected;

    [FieldOffset(9)]
    public byte InterruptNumber;

    [FieldOffset(20)]
    public uint Flags;
}

/// <summary>
/// <c>struct kvm_run</c>: the page that kernel and host share about a virtual processor, with the fields that are used here. The
/// information about the exit, at offset 32, is a union.
/// </summary>
[StructLayout(LayoutKind.Explicit)]
internal unsafe struct KvmRun
{
    [FieldOffset(1)]
    public byte ImmediateExit;

    [FieldOffset(8)]
    public uint ExitReason;

    /// <summary>
    /// CR8. Without an interrupt controller in the kernel each entry takes CR8 from here, whatever the special registers say.
    /// </summary>
    [FieldOffset(16)]
    public ulong Cr8;

    [FieldOffset(32)]
    public KvmRunIo Io;

    [FieldOffset(32)]
    public KvmRunMmio Mmio;

    [FieldOffset(32)]
    public KvmRunInternalError InternalError;

    [FieldOffset(32)]
    public ulong HardwareReason;

    /// <summary>The registers below that the kernel stores at an exit, one bit for each kind.</summary>
    [FieldOffset(288)]
    public ulong ValidRegisters;

    /// <summary>The registers below that the kernel loads at the next entry, one bit for each kind.</summary>
    [FieldOffset(296)]
    public ulong DirtyRegisters;

    // struct kvm_sync_regs.
    [FieldOffset(304)]
    public GeneralRegisters Registers;

    [FieldOffset(448)]
    public KvmSpecialRegisters SpecialRegisters;

    [FieldOffset(760)]
    public KvmVcpuEvents Events;
}

/// <summary>The part of <c>struct kvm_run</c> for a port access. The data lies at an offset in the shared pages.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvmRunIo
{
    public byte Direction;
    public byte Size;
    public ushort Port;
    public uint Count;
    public ulong DataOffset;
}

/// <summary>The part of <c>struct kvm_run</c> for an access to physical memory that no slot provides.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvmRunMmio
{
    public ulong Address;
    public ulong Data;
    public uint Length;
    public byte IsWrite;
}

/// <summary>The part of <c>struct kvm_run</c> for a failure of KVM itself, with the instruction that KVM refused if KVM knows it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvmRunInternalError
{
    public uint Suberror;
    public uint DataCount;
    public ulong Flags;
    public byte InstructionSize;
    public InstructionBytes Instruction;

    /// <summary>The bytes of the instruction. The longest instruction has 15.</summary>
    [InlineArray(15)]
    public struct InstructionBytes
    {
        private byte _first;
    }
}

/// <summary><c>struct kvm_enable_cap</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvmEnabledCapability
{
    public uint Capability;
    public uint Flags;
    public ArgumentValues Arguments;
    private readonly UnusedBytes _unused;

    /// <summary>The arguments, <c>args</c>.</summary>
    [InlineArray(4)]
    public struct ArgumentValues
    {
        private ulong _first;
    }

    /// <summary>Room for fields of later kernels.</summary>
    [InlineArray(64)]
    private struct UnusedBytes
    {
        private byte _first;
    }
}
