using System.Collections.Frozen;
using System.Text;

namespace Hyperlight.Protocol;

/// <summary>
/// Collects the bytes of an abort, which a guest sends in packets of up to three bytes through a port (amd64 sheet, section 5.8).
/// </summary>
internal sealed class AbortMessage
{
    private const int Capacity = 1024;
    private const byte Terminator = 0xFF;
    private const int MaxBytesPerPacket = 3;

    private static readonly FrozenDictionary<byte, string> ExceptionNames = new Dictionary<byte, string>
    {
        [0] = "DivideByZero",
        [1] = "Debug",
        [2] = "NonMaskableInterrupt",
        [3] = "Breakpoint",
        [4] = "Overflow",
        [5] = "BoundRangeExceeded",
        [6] = "InvalidOpcode",
        [7] = "DeviceNotAvailable",
        [8] = "DoubleFault",
        [9] = "CoprocessorSegmentOverrun",
        [10] = "InvalidTSS",
        [11] = "SegmentNotPresent",
        [12] = "StackSegmentFault",
        [13] = "GeneralProtectionFault",
        [14] = "PageFault",
        [15] = "Reserved",
        [16] = "X87FloatingPointException",
        [17] = "AlignmentCheck",
        [18] = "MachineCheck",
        [19] = "SIMDFloatingPointException",
        [20] = "VirtualizationException",
        [30] = "SecurityException",
    }.ToFrozenDictionary();

    // The bytes, for which there is room once a guest aborts.
    private byte[] _bytes = [];
    private int _count;

    /// <summary>Drops the bytes that were collected.</summary>
    public void Clear() => _count = 0;

    /// <summary>Adds a packet: the lowest byte is the number of bytes, then up to three bytes follow.</summary>
    /// <returns>The abort if the message is complete or too long; otherwise <c>null</c>.</returns>
    public GuestAbort? Add(uint packet)
    {
        int count = Math.Min((int)(packet & 0xFF), MaxBytesPerPacket);
        for (int i = 1; i <= count; i++)
        {
            byte value = (byte)(packet >> (8 * i));
            if (value == Terminator)
            {
                return Complete();
            }

            if (_count == Capacity)
            {
                return new(0, null, null, "Guest abort buffer overflowed");
            }

            if (_bytes.Length == 0)
            {
                _bytes = new byte[Capacity];
            }

            _bytes[_count++] = value;
        }

        return null;
    }

    private GuestAbort Complete()
    {
        int code = _count > 0 ? _bytes[0] : 0;
        ReadOnlySpan<byte> rest = _bytes.AsSpan(Math.Min(1, _count).._count);
        return !rest.IsEmpty && ExceptionNames.TryGetValue(rest[0], out string? name)
            ? new(code, rest[0], name, Encoding.UTF8.GetString(rest[1..]))
            : new(code, null, null, Encoding.UTF8.GetString(rest));
    }
}
