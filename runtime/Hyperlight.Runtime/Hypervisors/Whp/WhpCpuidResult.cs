using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Hyperlight.Hypervisors.Whp;

/// <summary><c>WHV_X64_CPUID_RESULT</c>: the answer of the guest's CPUID for a leaf.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct WhpCpuidResult
{
    // The leaf with the sizes of addresses: the number of bits of physical addresses in the low byte of EAX, of linear ones in the next.
    private const uint AddressSizeLeaf = 0x8000_0008;
    private const uint LinearAddressMask = 0xFF00;

    [FieldOffset(0)]
    public uint Leaf;

    [FieldOffset(16)]
    public uint Eax;

    [FieldOffset(20)]
    public uint Ebx;

    [FieldOffset(24)]
    public uint Ecx;

    [FieldOffset(28)]
    public uint Edx;

    /// <summary>
    /// Gets the answer for the sizes of addresses. The features in the other registers are off, because an answer replaces all of what the
    /// hypervisor would say, and nothing tells which of the processor's features a partition has.
    /// </summary>
    /// <param name="physicalAddressBits">The number of bits of physical addresses.</param>
    public static WhpCpuidResult AddressSizes(int physicalAddressBits)
    {
        uint host = (uint)X86Base.CpuId(unchecked((int)AddressSizeLeaf), 0).Eax;
        return new() { Leaf = AddressSizeLeaf, Eax = (host & LinearAddressMask) | (uint)physicalAddressBits };
    }
}
