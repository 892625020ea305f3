using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>
/// <c>WHV_RUN_VP_EXIT_CONTEXT</c>: why a processor stopped, with the fields that are used here. The fields from offset 48 on are a union.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 224)]
internal struct WhpExitContext
{
    private const int InstructionLengthMask = 0xF;
    private const uint IsWriteMask = 1;
    private const int IsLongModeMask = 1 << 4;
    private const int AccessSizeShift = 1;
    private const uint AccessSizeMask = 7;
    private const uint IsStringMask = 1 << 4;
    private const uint AccessTypeMask = 3;

    [FieldOffset(0)]
    public WhpExitReason Reason;

    /// <summary>The mode of the processor, as bits.</summary>
    [FieldOffset(8)]
    public ushort ExecutionState;

    // The length of the instruction in the low four bits, CR8 in the high ones.
    [FieldOffset(10)]
    public byte InstructionLengthAndCr8;

    [FieldOffset(16)]
    public WhpSegment Cs;

    [FieldOffset(32)]
    public ulong Rip;

    /// <summary>The number of a feature that the hypervisor does not support.</summary>
    [FieldOffset(48)]
    public uint UnsupportedFeature;

    /// <summary>More about the feature.</summary>
    [FieldOffset(56)]
    public ulong UnsupportedFeatureParameter;

    /// <summary>Bits that describe an access to a port or to memory.</summary>
    [FieldOffset(68)]
    public uint AccessInfo;

    [FieldOffset(72)]
    public ushort Port;

    [FieldOffset(80)]
    public ulong Rax;

    [FieldOffset(72)]
    public ulong GuestAddress;

    /// <summary>Gets the length of the instruction in bytes, which the platform states for accesses to ports.</summary>
    public readonly int InstructionLength => InstructionLengthAndCr8 & InstructionLengthMask;

    /// <summary>Gets the address after the instruction. Only 64-bit code has more than 32 bits.</summary>
    public readonly ulong NextRip
    {
        get
        {
            ulong next = Rip + (ulong)InstructionLength;
            bool is64Bit = (ExecutionState & IsLongModeMask) != 0 && Cs.Is64Bit;
            return is64Bit ? next : (uint)next;
        }
    }

    /// <summary>Gets whether the access to a port writes.</summary>
    public readonly bool IsOut => (AccessInfo & IsWriteMask) != 0;

    /// <summary>Gets the width of the access to a port in bytes.</summary>
    public readonly byte AccessSize => (byte)(AccessInfo >> AccessSizeShift & AccessSizeMask);

    /// <summary>Gets whether a string instruction, INS or OUTS, uses the port.</summary>
    public readonly bool IsString => (AccessInfo & IsStringMask) != 0;

    /// <summary>Gets the kind of an access to memory: 0 for a read, 1 for a write, 2 for an instruction fetch.</summary>
    public readonly uint AccessType => AccessInfo & AccessTypeMask;
}
