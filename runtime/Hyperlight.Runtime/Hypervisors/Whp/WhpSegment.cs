using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Whp;

/// <summary><c>WHV_X64_SEGMENT_REGISTER</c>: a segment register with its hidden part. A register without a segment has P = 0.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WhpSegment
{
    private const int TypeMask = 0xF;
    private const int SystemShift = 4;
    private const int DplShift = 5;
    private const int DplMask = 3;
    private const int PresentShift = 7;
    private const int AvailableShift = 12;
    private const int LongShift = 13;
    private const int DefaultShift = 14;
    private const int GranularityShift = 15;

    public ulong Base;
    public uint Limit;
    public ushort Selector;
    public ushort Attributes;

    /// <summary>Gets whether the segment has 64-bit code, if the processor is in long mode.</summary>
    public readonly bool Is64Bit => Bit(LongShift) != 0;

    /// <summary>Translates a segment into the platform's.</summary>
    public WhpSegment(in Segment segment)
    {
        Base = segment.Base;
        Limit = segment.Limit;
        Selector = segment.Selector;
        Attributes = (ushort)(
            (segment.Type & TypeMask)
            | segment.S << SystemShift
            | (segment.Dpl & DplMask) << DplShift
            | segment.Present << PresentShift
            | segment.Avl << AvailableShift
            | segment.L << LongShift
            | segment.Db << DefaultShift
            | segment.G << GranularityShift);
    }

    /// <summary>Translates the platform's segment.</summary>
    public readonly Segment ToNeutral() => new()
    {
        Base = Base,
        Limit = Limit,
        Selector = Selector,
        Type = (byte)(Attributes & TypeMask),
        S = Bit(SystemShift),
        Dpl = (byte)(Attributes >> DplShift & DplMask),
        Present = Bit(PresentShift),
        Avl = Bit(AvailableShift),
        L = Bit(LongShift),
        Db = Bit(DefaultShift),
        G = Bit(GranularityShift),
    };

    private readonly byte Bit(int shift) => (byte)(Attributes >> shift & 1);
}
