using System.Buffers.Binary;

namespace Hyperlight.SourceLines;

/// <summary>
/// Reads the fields of debug information one after the other (DWARF 5, section 7). A field that is not all there is an
/// <see cref="InvalidDataException"/>.
/// </summary>
internal ref struct DwarfCursor(ReadOnlyMemory<byte> bytes)
{
    // A number of 64 bits has at most ten groups of seven bits.
    private const int MostGroups = 10;

    private readonly ReadOnlyMemory<byte> _bytes = bytes;
    private readonly ReadOnlySpan<byte> _span = bytes.Span;

    /// <summary>Gets the number of bytes that were read.</summary>
    public int Position { get; private set; }

    /// <summary>Gets the number of bytes that are left.</summary>
    public readonly int Left => _span.Length - Position;

    /// <summary>Gets the bytes that are left.</summary>
    public readonly ReadOnlyMemory<byte> Rest => _bytes[Position..];

    public byte ReadByte() => _span[Advance(1)];

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(_span[Advance(sizeof(ushort))..]);

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(_span[Advance(sizeof(uint))..]);

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(_span[Advance(sizeof(ulong))..]);

    /// <summary>Reads an offset into a section, or a length.</summary>
    public ulong ReadOffset(bool is64) => is64 ? ReadUInt64() : ReadUInt32();

    /// <summary>Reads an unsigned number of variable length (LEB128).</summary>
    public ulong ReadNumber() => ReadGroups(out _, out _);

    /// <summary>Reads a signed number of variable length (LEB128). Its last group has the sign.</summary>
    public long ReadSigned()
    {
        ulong value = ReadGroups(out int bits, out bool isNegative);
        return (long)(isNegative && bits < 64 ? value | (ulong.MaxValue << bits) : value);
    }

    /// <summary>Reads text up to its zero, which is left out.</summary>
    public ReadOnlyMemory<byte> ReadText()
    {
        int length = _span[Position..].IndexOf((byte)0);
        ReadOnlyMemory<byte> text = Take(length < 0 ? ulong.MaxValue : (ulong)length);
        Advance(1);
        return text;
    }

    /// <summary>Reads bytes.</summary>
    public ReadOnlyMemory<byte> Take(ulong size) => _bytes.Slice(Advance(size), (int)size);

    private int Advance(ulong size)
    {
        if (size > (ulong)Left)
        {
            throw new InvalidDataException("the debug information ends inside a field");
        }

        int start = Position;
        Position += (int)size;
        return start;
    }

    private ulong ReadGroups(out int bits, out bool isNegative)
    {
        ulong value = 0;
        bits = 0;
        for (int group = 0; group < MostGroups; group++, bits += 7)
        {
            byte part = ReadByte();
            value |= (ulong)(part & 0x7F) << bits;
            if (part < 0x80)
            {
                isNegative = (part & 0x40) != 0;
                bits += 7;
                return value;
            }
        }

        throw new InvalidDataException("the debug information has a number of more than 64 bits");
    }
}
