namespace Hyperlight.Hypervisors;

/// <summary>A segment register with its hidden part (Intel SDM volume 3, section 3.4.5). The flags are 0 or 1.</summary>
internal record struct Segment
{
    /// <summary>The linear address of the segment's first byte.</summary>
    public ulong Base;

    /// <summary>The offset of the segment's last byte.</summary>
    public uint Limit;

    /// <summary>The visible part of the register.</summary>
    public ushort Selector;

    /// <summary>The type of the descriptor, 4 bits.</summary>
    public byte Type;

    /// <summary>The flag P: the segment can be used. A register that no segment has been loaded into has 0.</summary>
    public byte Present;

    /// <summary>The privilege level of the descriptor, 0 to 3.</summary>
    public byte Dpl;

    /// <summary>The flag D/B: 32-bit code, or a 32-bit stack pointer.</summary>
    public byte Db;

    /// <summary>The flag S: a code or data segment, not a system segment.</summary>
    public byte S;

    /// <summary>The flag L: 64-bit code.</summary>
    public byte L;

    /// <summary>The flag G: the limit counts pages.</summary>
    public byte G;

    /// <summary>The flag AVL, which the processor leaves to software.</summary>
    public byte Avl;
}
