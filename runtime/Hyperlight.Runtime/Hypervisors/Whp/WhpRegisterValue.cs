using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Whp;

/// <summary><c>WHV_REGISTER_VALUE</c>: the value of a register, a union. The platform wants its address to be a multiple of 16.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct WhpRegisterValue
{
    /// <summary>The low half, which is the whole value of most registers and the base of a segment.</summary>
    [FieldOffset(0)]
    public ulong Low;

    [FieldOffset(8)]
    public ulong High;

    [FieldOffset(0)]
    public WhpSegment Segment;

    [FieldOffset(0)]
    public WhpTable Table;
}
