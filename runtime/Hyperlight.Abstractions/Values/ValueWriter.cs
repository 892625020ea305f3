using System.Buffers.Binary;
using System.ComponentModel;
using System.Text;

namespace Hyperlight.Values;

/// <summary>Writes the values of a typed call as bytes. Only generated code uses the type.</summary>
/// <remarks>
/// Numbers of 16 to 64 bits have 7 bits in a byte, the lowest first; the highest bit says that a byte follows. Signed ones are written as
/// twice the number, negative ones as one less than twice their magnitude. All other numbers have a fixed size and start with the lowest
/// byte. A text is a count of bytes and UTF-8; a list is a count and the items. A value that can be <c>null</c> starts with 0 or 1.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct ValueWriter
{
    private const int FirstSize = 256;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private byte[]? _bytes;
    private int _length;

    /// <summary>Checks that an object has no members that its declared type does not have.</summary>
    /// <param name="value">The object.</param>
    /// <param name="expected">The declared type.</param>
    /// <exception cref="ArgumentException">The object is of a derived class.</exception>
    public static void RequireType(object value, Type expected)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.GetType() != expected)
        {
            throw new ArgumentException(
                $"The value is of type {value.GetType()}, and only members of {expected} would cross: pass an object of {expected} itself.",
                nameof(value));
        }
    }

    /// <summary>Gets the bytes written so far.</summary>
    public readonly byte[] ToArray() => _bytes.AsSpan(0, _length).ToArray();

    /// <summary>Writes the signature of a method, which comes before all values.</summary>
    /// <param name="signature">The hash of all types of the method.</param>
    public void WriteSignature(ulong signature) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), signature);

    /// <summary>Writes the number of items that follow.</summary>
    /// <param name="count">The number, at least 0.</param>
    public void WriteCount(int count) => WriteVariable((uint)count);

    /// <summary>Writes a value.</summary>
    /// <param name="value">The value.</param>
    public void Write(bool value) => Take(1)[0] = value ? (byte)1 : (byte)0;

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(byte value) => Take(1)[0] = value;

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(sbyte value) => Take(1)[0] = (byte)value;

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(short value) => WriteSigned(value);

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(ushort value) => WriteVariable(value);

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(int value) => WriteSigned(value);

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(uint value) => WriteVariable(value);

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(long value) => WriteSigned(value);

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(ulong value) => WriteVariable(value);

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(char value) => WriteVariable(value);

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(float value) => BinaryPrimitives.WriteSingleLittleEndian(Take(sizeof(float)), value);

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Take(sizeof(double)), value);

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        Span<byte> bytes = Take(sizeof(decimal));
        for (int index = 0; index < parts.Length; index++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(index * sizeof(int))..], parts[index]);
        }
    }

    /// <summary>Writes a text.</summary>
    /// <param name="value">The text.</param>
    /// <exception cref="ArgumentNullException">The text is <c>null</c>.</exception>
    /// <exception cref="ArgumentException">The text has half a surrogate pair.</exception>
    public void Write(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        int count = StrictUtf8.GetByteCount(value);
        WriteCount(count);
        StrictUtf8.GetBytes(value, Take(count));
    }

    /// <summary>Writes bytes.</summary>
    /// <param name="value">The bytes.</param>
    /// <exception cref="ArgumentNullException">The array is <c>null</c>.</exception>
    public void Write(byte[] value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Write((ReadOnlyMemory<byte>)value);
    }

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(ReadOnlyMemory<byte> value)
    {
        WriteCount(value.Length);
        value.Span.CopyTo(Take(value.Length));
    }

    /// <summary>
    /// Writes a time. A local time is written as the same moment in UTC, because the other side can have another time zone.
    /// </summary>
    /// <param name="value">The time.</param>
    public void Write(DateTime value)
    {
        DateTime sent = value.Kind == DateTimeKind.Local ? value.ToUniversalTime() : value;
        Take(1)[0] = (byte)sent.Kind;
        WriteFixed(sent.Ticks);
    }

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(DateTimeOffset value)
    {
        WriteFixed(value.Ticks);
        WriteSigned(value.TotalOffsetMinutes);
    }

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(TimeSpan value) => WriteFixed(value.Ticks);

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(DateOnly value) => WriteVariable((uint)value.DayNumber);

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(TimeOnly value) => WriteFixed(value.Ticks);

    /// <inheritdoc cref="Write(bool)"/>
    public void Write(Guid value) => value.TryWriteBytes(Take(16));

    private void WriteFixed(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(sizeof(long)), value);

    private void WriteSigned(long value) => WriteVariable((ulong)((value << 1) ^ (value >> 63)));

    private void WriteVariable(ulong value)
    {
        while (value > 0x7F)
        {
            Take(1)[0] = (byte)(value | 0x80);
            value >>= 7;
        }

        Take(1)[0] = (byte)value;
    }

    private Span<byte> Take(int count)
    {
        int end = checked(_length + count);
        if (_bytes is null || end > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max(Math.Max((long)end, 2L * _length), FirstSize), Array.MaxLength));
        }

        Span<byte> taken = _bytes.AsSpan(_length, count);
        _length = end;
        return taken;
    }
}
