using System.Text;

namespace Hyperlight.Debugging;

/// <summary>
/// Reads the packets of gdb's remote protocol, byte by byte. The bytes are not trusted: a packet has a greatest length, and a byte outside
/// of packets that the protocol does not have ends the connection. So the request of a browser is refused at its first byte.
/// <code>
///   $ data # two hexadecimal digits        + and - answer a packet        byte 3 interrupts
/// </code>
/// </summary>
internal sealed class PacketReader
{
    /// <summary>The greatest number of bytes between the signs $ and #.</summary>
    public const int MaxLength = 0x4000;

    /// <summary>The byte before a byte that is escaped by <see cref="EscapeBit"/>.</summary>
    public const char Escape = '}';

    /// <summary>The bits that an escaped byte has changed.</summary>
    public const int EscapeBit = 0x20;

    private const byte InterruptByte = 3;

    private readonly StringBuilder _data = new();
    private State _state;
    private int _length;
    private byte _sum;
    private int _sent;

    private enum State
    {
        Outside,
        Data,
        Escaped,
        FirstDigit,
        SecondDigit,
    }

    /// <summary>Gets the data of the packet that was completed last, a character for each byte. Escaped bytes are decoded.</summary>
    public string Data { get; private set; } = "";

    /// <summary>Reads a byte.</summary>
    public PacketEvent Read(byte value)
    {
        switch (_state)
        {
            case State.Outside:
                return ReadOutside(value);
            case State.FirstDigit or State.SecondDigit:
                return ReadDigit(value);
            case State.Data when value == '#':
                _state = State.FirstDigit;
                return PacketEvent.None;
        }

        if (++_length > MaxLength)
        {
            return PacketEvent.Broken;
        }

        _sum += value;
        if (_state == State.Data && value == Escape)
        {
            _state = State.Escaped;
            return PacketEvent.None;
        }

        _data.Append((char)(_state == State.Escaped ? value ^ EscapeBit : value));
        _state = State.Data;
        return PacketEvent.None;
    }

    private PacketEvent ReadOutside(byte value)
    {
        switch ((char)value)
        {
            case '$':
                _data.Clear();
                (_state, _length, _sum, _sent) = (State.Data, 0, 0, 0);
                return PacketEvent.None;
            case '+':
                return PacketEvent.Acknowledged;
            case '-':
                return PacketEvent.Refused;
            default:
                return value == InterruptByte ? PacketEvent.Interrupt : PacketEvent.Broken;
        }
    }

    private PacketEvent ReadDigit(byte value)
    {
        if (!char.IsAsciiHexDigit((char)value))
        {
            return PacketEvent.Broken;
        }

        _sent = (_sent << 4) | Convert.ToInt32(((char)value).ToString(), 16);
        if (_state == State.FirstDigit)
        {
            _state = State.SecondDigit;
            return PacketEvent.None;
        }

        _state = State.Outside;
        Data = _data.ToString();
        return _sent == _sum ? PacketEvent.Packet : PacketEvent.Damaged;
    }
}
