namespace Hyperlight.Symbols;

/// <summary>Reads the numbers and texts of a source map one after the other.</summary>
internal ref struct SourceMapCursor(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Gets the offset of what is read next.</summary>
    public int Position { get; private set; }

    /// <summary>Gets the number of bytes that are left.</summary>
    public readonly int Left => _bytes.Length - Position;

    /// <summary>Reads a number.</summary>
    /// <exception cref="InvalidDataException">The bytes end in the number, or the number does not fit 32 bits.</exception>
    public uint ReadNumber()
    {
        ulong value = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            byte part = Left > 0
                ? _bytes[Position++]
                : throw new InvalidDataException($"the file ends at byte {Position}, inside a number");
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value <= uint.MaxValue ? (uint)value : throw TooLarge();
            }
        }

        throw TooLarge();
    }

    /// <summary>Skips bytes.</summary>
    /// <exception cref="InvalidDataException">The bytes end earlier.</exception>
    public void Skip(int size) =>
        Position = size <= Left ? Position + size : throw new InvalidDataException($"the file ends at byte {_bytes.Length}, inside a text");

    private readonly InvalidDataException TooLarge() => new($"the number before byte {Position} has more than 32 bits");
}
