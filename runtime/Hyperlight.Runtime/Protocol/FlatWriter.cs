using System.Buffers.Binary;
using System.Text;

namespace Hyperlight.Protocol;

/// <summary>
/// Writes a size-prefixed FlatBuffers message from front to back into a span. If the span is too short, nothing more is written, but the
/// length is still counted, so that the caller can say how much room the message needs. The writer allocates nothing.
/// </summary>
internal ref struct FlatWriter
{
    private const int SizePrefix = 4;

    private readonly Span<byte> _buffer;
    private long _length;

    /// <summary>Starts a message. The first table that is written is the root.</summary>
    public FlatWriter(Span<byte> buffer)
    {
        _buffer = buffer;
        _length = SizePrefix + sizeof(uint);
    }

    /// <summary>Gets the length of the message so far in bytes, whether the bytes fit the buffer or not.</summary>
    public readonly long Length => _length;

    /// <summary>Writes a vtable and room for its table. The first table is the root.</summary>
    /// <param name="vtable">
    /// The size of the vtable, the size of the table, then the offset of each field in the table, 0 for a field that is left out. The
    /// numbers have 16 bits in the message, but all of them fit a byte here: in code that is not optimized, only constants of bytes are
    /// spans without an allocation.
    /// </param>
    /// <param name="alignment">The alignment of the table in bytes: the size of its widest field.</param>
    /// <returns>The position of the table.</returns>
    public long Table(ReadOnlySpan<byte> vtable, int alignment = sizeof(uint))
    {
        bool root = _length == SizePrefix + sizeof(uint);
        long vtablePosition = Reserve(vtable.Length * sizeof(ushort), sizeof(ushort));
        for (int i = 0; i < vtable.Length; i++)
        {
            if (Room(vtablePosition + (i * sizeof(ushort)), sizeof(ushort)) is { IsEmpty: false } entry)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(entry, vtable[i]);
            }
        }

        long table = Reserve(vtable[1], alignment);
        UInt32(table, (uint)(table - vtablePosition));
        if (root)
        {
            UInt32(SizePrefix, (uint)(table - SizePrefix));
        }

        return table;
    }

    /// <summary>Writes a field.</summary>
    public readonly void Byte(long position, byte value)
    {
        if (Room(position, sizeof(byte)) is { IsEmpty: false } field)
        {
            field[0] = value;
        }
    }

    /// <summary>Writes a field.</summary>
    public readonly void UInt32(long position, uint value)
    {
        if (Room(position, sizeof(uint)) is { IsEmpty: false } field)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(field, value);
        }
    }

    /// <summary>Writes a field.</summary>
    public readonly void UInt64(long position, ulong value)
    {
        if (Room(position, sizeof(ulong)) is { IsEmpty: false } field)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(field, value);
        }
    }

    /// <summary>Makes the offset at <paramref name="field"/> refer to <paramref name="target"/>, which lies behind the field.</summary>
    public readonly void Link(long field, long target) => UInt32(field, (uint)(target - field));

    /// <summary>
    /// Writes a vector of <paramref name="count"/> offsets, which have to be linked, and makes <paramref name="field"/> refer to the
    /// vector.
    /// </summary>
    /// <returns>The position of the first offset.</returns>
    public long Offsets(long field, int count) => Vector(field, count, (long)count * sizeof(uint));

    /// <summary>Writes a vector of bytes, and makes <paramref name="field"/> refer to the vector.</summary>
    public void Bytes(long field, ReadOnlySpan<byte> bytes)
    {
        long position = Vector(field, bytes.Length, bytes.Length);
        if (Room(position, bytes.Length) is { IsEmpty: false } target)
        {
            bytes.CopyTo(target);
        }
    }

    /// <summary>Writes a string in UTF-8 with a zero byte at its end, and makes <paramref name="field"/> refer to the string.</summary>
    public void String(long field, string text)
    {
        int count = Encoding.UTF8.GetByteCount(text);
        long position = Vector(field, count, (long)count + 1);
        if (Room(position, count + 1) is { IsEmpty: false } target)
        {
            Encoding.UTF8.GetBytes(text, target);
            target[count] = 0;
        }
    }

    /// <summary>Ends the message: pads it so that a message behind it starts aligned, and writes the size prefix.</summary>
    /// <returns>The length of the message in bytes; greater than the buffer if the message did not fit.</returns>
    public long Finish()
    {
        Reserve(0, sizeof(ulong));
        UInt32(0, (uint)(_length - SizePrefix));
        return _length;
    }

    private long Vector(long field, int count, long size)
    {
        long position = Reserve(sizeof(uint) + size, sizeof(uint));
        Link(field, position);
        UInt32(position, (uint)count);
        return position + sizeof(uint);
    }

    // Reserved bytes and bytes that are skipped for alignment are set to zero, because the buffer may hold an older message.
    private long Reserve(long size, int alignment)
    {
        long end = _length;
        long position = (end + alignment - 1) & -alignment;
        _length = position + size;
        if (_length <= _buffer.Length)
        {
            _buffer[(int)end..(int)_length].Clear();
        }

        return position;
    }

    private readonly Span<byte> Room(long position, int size) =>
        position + size <= _buffer.Length ? _buffer.Slice((int)position, size) : default;
}
