using System.Text;

namespace Hyperlight.Protocol;

/// <summary>
/// Collects the characters that a guest prints through a port, and passes them on line by line. Guests send text as the bytes of UTF-8, one
/// at a time. A value that is greater than a byte is a character by itself (amd64 sheet, section 5.1).
/// </summary>
/// <param name="sink">Receives whole lines, each with its line feed. The last line of a call may have none.</param>
internal sealed class DebugConsole(Action<string> sink)
{
    // A longer line is passed on in pieces, so that a guest cannot make the host hold more characters.
    private const int MaxLineSize = 4096;

    // The line, for which there is room once the guest prints.
    private byte[] _line = [];
    private int _count;

    /// <summary>Adds a character.</summary>
    /// <exception cref="GuestProtocolException">The value is not a character.</exception>
    public void Add(uint value)
    {
        if (value <= byte.MaxValue)
        {
            AddByte((byte)value);
            return;
        }

        if (!Rune.TryCreate(value, out Rune rune))
        {
            throw new GuestProtocolException($"The guest printed 0x{value:X} to port {(int)OutPort.DebugPrint}, which is not a character.");
        }

        Span<byte> utf8 = stackalloc byte[4];
        foreach (byte part in utf8[..rune.EncodeToUtf8(utf8)])
        {
            AddByte(part);
        }
    }

    /// <summary>Passes on the characters of a line that has no end yet.</summary>
    public void Flush()
    {
        if (_count > 0)
        {
            int count = _count;
            _count = 0;
            sink(Encoding.UTF8.GetString(_line, 0, count));
        }
    }

    private void AddByte(byte value)
    {
        if (_line.Length == 0)
        {
            _line = new byte[MaxLineSize];
        }

        _line[_count++] = value;
        if (value == '\n' || _count == MaxLineSize)
        {
            Flush();
        }
    }
}
