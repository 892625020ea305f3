using System.Buffers.Binary;
using System.ComponentModel;
using System.Text;

namespace Hyperlight.Values;

/// <summary>
/// Reads the values of a typed call. The bytes are untrusted: no value is larger than the bytes that are left, and every value is checked.
/// Only generated code uses the type. <see cref="ValueWriter"/> describes the form.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct ValueReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly string _method;
    private int _position;

    /// <summary>Creates a reader.</summary>
    /// <param name="bytes">The bytes of the values.</param>
    /// <param name="method">The method, for messages.</param>
    public ValueReader(ReadOnlySpan<byte> bytes, string method)
    {
        _bytes = bytes;
        _method = method;
    }

    /// <summary>Reads the signature of the method, which comes before all values.</summary>
    /// <param name="expected">The hash of all types of the method.</param>
    /// <exception cref="ValueFormatException">The other side has another signature.</exception>
    public void ReadSignature(ulong expected)
    {
        ulong found = BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));
        if (found != expected)
        {
            throw new ValueFormatException(
                $"{_method} has the signature {found:X16} on the other side and {expected:X16} on this one, because types of the method "
                + "differ: build host and guest from the same interface.");
        }
    }

    /// <summary>Reads the number of items that follow.</summary>
    /// <param name="smallestItem">The smallest number of bytes of one item, at least 1.</param>
    /// <exception cref="ValueFormatException">So many items do not fit into the bytes that are left.</exception>
    public int ReadCount(int smallestItem)
    {
        ulong count = ReadVariable(uint.MaxValue);
        int left = _bytes.Length - _position;
        return count <= (ulong)(left / smallestItem)
            ? (int)count
            : throw Invalid($"{count} items of at least {smallestItem} bytes each do not fit into the {left} bytes that are left");
    }

    /// <summary>Reads the number of items that follow, and creates an array for them.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <inheritdoc cref="ReadCount"/>
    public T[] ReadArray<T>(int smallestItem) => new T[ReadCount(smallestItem)];

    /// <summary>Checks that all bytes have been read.</summary>
    /// <exception cref="ValueFormatException">Bytes are left.</exception>
    public readonly void ReadEnd()
    {
        if (_position != _bytes.Length)
        {
            throw Invalid($"{_bytes.Length - _position} bytes follow the last value");
        }
    }

    /// <summary>Creates the exception for a key that a dictionary has twice.</summary>
    public readonly ValueFormatException RepeatedKey() => Invalid("a key of a dictionary comes twice");

    /// <summary>Reads a value.</summary>
    /// <exception cref="ValueFormatException">The bytes are no such value.</exception>
    public bool ReadBoolean() => ReadByte() switch
    {
        0 => false,
        1 => true,
        byte other => throw Invalid($"{other} is no truth value; 0 and 1 are"),
    };

    /// <inheritdoc cref="ReadBoolean"/>
    public byte ReadByte() => Take(1)[0];

    /// <inheritdoc cref="ReadBoolean"/>
    public sbyte ReadSByte() => (sbyte)Take(1)[0];

    /// <inheritdoc cref="ReadBoolean"/>
    public short ReadInt16() => (short)ReadSigned(ushort.MaxValue);

    /// <inheritdoc cref="ReadBoolean"/>
    public ushort ReadUInt16() => (ushort)ReadVariable(ushort.MaxValue);

    /// <inheritdoc cref="ReadBoolean"/>
    public int ReadInt32() => (int)ReadSigned(uint.MaxValue);

    /// <inheritdoc cref="ReadBoolean"/>
    public uint ReadUInt32() => (uint)ReadVariable(uint.MaxValue);

    /// <inheritdoc cref="ReadBoolean"/>
    public long ReadInt64() => ReadSigned(ulong.MaxValue);

    /// <inheritdoc cref="ReadBoolean"/>
    public ulong ReadUInt64() => ReadVariable(ulong.MaxValue);

    /// <inheritdoc cref="ReadBoolean"/>
    public char ReadChar() => (char)ReadVariable(char.MaxValue);

    /// <inheritdoc cref="ReadBoolean"/>
    public float ReadSingle() => BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));

    /// <inheritdoc cref="ReadBoolean"/>
    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    /// <inheritdoc cref="ReadBoolean"/>
    public decimal ReadDecimal()
    {
        const int signAndScale = unchecked((int)0x80FF0000), largestScale = 28;
        ReadOnlySpan<byte> bytes = Take(sizeof(decimal));
        Span<int> parts = stackalloc int[4];
        for (int index = 0; index < parts.Length; index++)
        {
            parts[index] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(index * sizeof(int))..]);
        }

        return (parts[3] & ~signAndScale) == 0 && ((parts[3] >> 16) & 0xFF) <= largestScale
            ? new decimal(parts)
            : throw Invalid("the bytes are no decimal number");
    }

    /// <inheritdoc cref="ReadBoolean"/>
    public string ReadString()
    {
        ReadOnlySpan<byte> bytes = Take(ReadCount(1));
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new ValueFormatException(Invalid("a text is not UTF-8").Message, exception);
        }
    }

    /// <inheritdoc cref="ReadBoolean"/>
    public byte[] ReadBytes() => Take(ReadCount(1)).ToArray();

    /// <inheritdoc cref="ReadBoolean"/>
    public DateTime ReadDateTime()
    {
        byte kind = ReadByte();
        return kind is (byte)DateTimeKind.Unspecified or (byte)DateTimeKind.Utc
            ? new(ReadTicks(DateTime.MaxValue.Ticks), (DateTimeKind)kind)
            : throw Invalid($"{kind} is no kind of a time; 0 and 1 (UTC) are");
    }

    /// <inheritdoc cref="ReadBoolean"/>
    public DateTimeOffset ReadDateTimeOffset()
    {
        const int largestOffset = 14 * 60;
        long ticks = ReadTicks(DateTime.MaxValue.Ticks);
        int minutes = ReadInt32();
        long utc = ticks - (minutes * TimeSpan.TicksPerMinute);
        return minutes is >= -largestOffset and <= largestOffset && utc >= 0 && utc <= DateTime.MaxValue.Ticks
            ? new(ticks, new(minutes * TimeSpan.TicksPerMinute))
            : throw Invalid($"{minutes} minutes are no offset of the time");
    }

    /// <inheritdoc cref="ReadBoolean"/>
    public TimeSpan ReadTimeSpan() => new(BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long))));

    /// <inheritdoc cref="ReadBoolean"/>
    public DateOnly ReadDateOnly() => DateOnly.FromDayNumber((int)ReadVariable((uint)DateOnly.MaxValue.DayNumber));

    /// <inheritdoc cref="ReadBoolean"/>
    public TimeOnly ReadTimeOnly() => new(ReadTicks(TimeOnly.MaxValue.Ticks));

    /// <inheritdoc cref="ReadBoolean"/>
    public Guid ReadGuid() => new(Take(16));

    private long ReadTicks(long largest)
    {
        long ticks = BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));
        return ticks >= 0 && ticks <= largest ? ticks : throw Invalid($"{ticks} ticks are no time; 0 to {largest} are");
    }

    private long ReadSigned(ulong largest)
    {
        ulong value = ReadVariable(largest);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong ReadVariable(ulong largest)
    {
        const int valueBits = 7, lastShift = 63;
        ulong value = 0;
        for (int shift = 0; ; shift += valueBits)
        {
            byte part = ReadByte();
            if (shift == lastShift && part > 1)
            {
                throw Invalid("a number has more than 64 bits");
            }

            value |= (ulong)(part & 0x7F) << shift;
            if (part <= 0x7F)
            {
                return value <= largest ? value : throw Invalid($"the number {value} is larger than its type allows ({largest})");
            }
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _position)
        {
            throw Invalid($"{count} bytes are needed, and {_bytes.Length - _position} are left");
        }

        ReadOnlySpan<byte> taken = _bytes.Slice(_position, count);
        _position += count;
        return taken;
    }

    private readonly ValueFormatException Invalid(string reason) =>
        new($"The bytes for {_method} are not valid at position {_position} of {_bytes.Length}: {reason}.");
}
