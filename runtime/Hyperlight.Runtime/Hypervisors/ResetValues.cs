namespace Hyperlight.Hypervisors;

/// <summary>Registers of a processor after a reset (Intel SDM volume 3, table 10-1), other than 0.</summary>
internal static class ResetValues
{
    /// <summary>RFLAGS: the bit that is always set.</summary>
    public const ulong Rflags = 0x2;

    /// <summary>XCR0: x87 only.</summary>
    public const ulong Xcr0 = ControlBits.Xcr0X87;

    /// <summary>DR6: the bits that are always set (section 19.2).</summary>
    public const ulong Dr6 = 0xFFFF_0FF0;

    /// <summary>DR7: the bit that is always set, and no breakpoint.</summary>
    public const ulong Dr7 = 0x400;

    /// <summary>The control word of x87 after FNINIT, with which guests start: all exceptions are masked.</summary>
    public const ushort FloatingPointControl = 0x37F;

    /// <summary>MXCSR: all exceptions of SSE are masked.</summary>
    public const uint Mxcsr = 0x1F80;
}
