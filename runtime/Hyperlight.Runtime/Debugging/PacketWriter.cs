namespace Hyperlight.Debugging;

/// <summary>Writes the packets of gdb's remote protocol.</summary>
internal static class PacketWriter
{
    /// <summary>Writes a packet.</summary>
    /// <param name="data">The data, a character below 256 for each byte.</param>
    public static byte[] Write(string data)
    {
        List<byte> packet = new(data.Length + 4) { (byte)'$' };
        byte sum = 0;
        void Add(int value)
        {
            packet.Add((byte)value);
            sum += (byte)value;
        }

        foreach (char value in data)
        {
            // The sign * would stand for repeated characters.
            if (value is '$' or '#' or '*' or PacketReader.Escape)
            {
                Add(PacketReader.Escape);
                Add(value ^ PacketReader.EscapeBit);
            }
            else
            {
                Add(value);
            }
        }

        string digits = sum.ToString("x2", System.Globalization.CultureInfo.InvariantCulture);
        packet.AddRange([(byte)'#', (byte)digits[0], (byte)digits[1]]);
        return [.. packet];
    }
}
